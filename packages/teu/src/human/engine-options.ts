/** From what the command line asks for to the options of the engine's `run`. */

import type { ProgramOptions, RunOptions } from '@teu/engine'
import { bindMount, CAPABILITIES, capabilityNumber, DEFAULT_CAPABILITIES, type LinuxSeccomp, type Mount, tmpfsMount } from '@teu/spec'
import { usage } from '../cli/parse.ts'
import type { RunMount, RunRequest } from './engine.ts'

/** Reads a seccomp profile for a program with these capabilities. */
export type ReadSeccomp = (file: string, capabilities: readonly string[]) => LinuxSeccomp

/** What describes a program, wherever it is to run. */
export type AskedProgram = Omit<ProgramOptions, 'user'> & { user?: string }

/** Pure but for `readSeccomp`.
 *  @throws {TeuError} ERR_TEU_USAGE for a capability that does not exist */
export function engineOptionsOf(request: RunRequest, readSeccomp: ReadSeccomp): RunOptions {
  const { bundle } = request
  const io = streamsOf(request)
  return bundle === undefined ? { ...programOptionsOf(request, readSeccomp), ...io } : { bundle, ...io }
}

/** The part of it that has nothing to do with who runs the program. Pure but for `readSeccomp`.
 *  @throws {TeuError} ERR_TEU_USAGE for a capability that does not exist */
export function programOptionsOf(request: RunRequest, readSeccomp: ReadSeccomp): AskedProgram {
  const { rootfs = '', cwd, user, hostname, memoryBytes, cpus, pids, network, seccomp } = request
  const changed = request.capAdd.length > 0 || request.capDrop.length > 0
  const capabilities = changed ? capabilitiesOf(request) : undefined
  return {
    rootfs,
    command: request.command,
    env: request.env,
    mounts: request.mounts.map(mountOf),
    readonly: request.readonly,
    terminal: request.terminal,
    ...(cwd !== undefined && { cwd }),
    ...(user !== undefined && { user }),
    ...(hostname !== undefined && { hostname }),
    ...(memoryBytes !== undefined && { memory: memoryBytes }),
    ...(cpus !== undefined && { cpus }),
    ...(pids !== undefined && { pids }),
    ...(network !== undefined && { network }),
    ...(capabilities !== undefined && { capabilities }),
    ...(seccomp !== undefined && {
      seccomp: seccomp === 'unconfined' ? seccomp : readSeccomp(seccomp, capabilities ?? DEFAULT_CAPABILITIES),
    }),
  }
}

function streamsOf({ id, timeoutMs, trace, capture, input, interactive }: RunRequest): Partial<RunOptions> {
  return {
    forwardSignals: true,
    trace,
    ...(capture ? { capture, ...(input !== undefined && { input }) } : { stdio: [interactive ? 'inherit' : 'null', 'inherit', 'inherit'] }),
    ...(id !== undefined && { id }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  }
}

/** `all` stands for every capability; what is added is added to what is left after dropping. */
function capabilitiesOf({ capAdd, capDrop }: RunRequest): string[] {
  const drop = capDrop.map((name) => nameOf('cap-drop', name))
  const add = capAdd.map((name) => nameOf('cap-add', name))
  const kept = drop.includes(ALL) ? [] : DEFAULT_CAPABILITIES.filter((name) => !drop.includes(name))
  const added = add.includes(ALL) ? CAPABILITIES : add
  return [...new Set([...kept, ...added])]
}

const ALL = 'CAP_ALL'

function nameOf(option: string, text: string): string {
  const upper = text.toUpperCase()
  const name = upper.startsWith('CAP_') ? upper : `CAP_${upper}`
  if (name !== ALL && capabilityNumber(name) === undefined) throw usage(`--${option}: unknown capability "${text}"`)
  return name
}

function mountOf(mount: RunMount): Mount {
  const { destination, readonly } = mount
  if (mount.type === 'bind') return bindMount(mount.source, destination, { readonly })
  const { sizeBytes, mode } = mount
  const made = tmpfsMount(destination, sizeBytes === undefined ? {} : { size: sizeBytes })
  // Of two words for the same thing the later one holds.
  const more = [...(mode === undefined ? [] : [`mode=${mode.toString(8)}`]), ...(readonly ? ['ro'] : [])]
  return { ...made, options: [...(made.options ?? []), ...more] }
}
