/** The options of `teu run` and `teu explain`, and what they ask for. */

import { resolve } from 'node:path'
import type { Io } from '../cli/io.ts'
import type { OptionValues } from '../cli/options.ts'
import { usage } from '../cli/parse.ts'
import { parseSize, parseDurationMs, parseInteger } from '../cli/quantities.ts'
import type { RunRequest } from './engine.ts'
import { environmentOf } from './environment.ts'
import { parseMount } from './mount-option.ts'

/** The habits of docker and podman, as far as they make sense without images. */
export const RUN_OPTIONS = {
  rootfs: {
    kind: 'text',
    value: 'DIR|host',
    help: 'Root file system; "host" is this machine\'s own, read-only under a throw-away overlay',
  },
  bundle: { kind: 'text', short: 'b', value: 'DIR', help: 'Run the bundle in DIR; what it says replaces the options about the program' },
  interactive: { kind: 'flag', short: 'i', help: 'Connect stdin' },
  tty: { kind: 'flag', short: 't', help: 'Give the program a terminal' },
  env: { kind: 'list', short: 'e', value: 'NAME[=VALUE]', help: "Set a variable; without a value, take the caller's" },
  'env-file': { kind: 'list', value: 'FILE', help: 'Read variables from FILE, one per line' },
  user: { kind: 'text', short: 'u', value: 'USER[:GROUP]', help: 'Run as this user, by number or by name in the container' },
  workdir: { kind: 'text', short: 'w', value: 'DIR', help: 'Working directory in the container' },
  hostname: { kind: 'text', value: 'NAME', help: 'Host name in the container' },
  name: { kind: 'text', value: 'ID', help: 'Id of the container (default: a random one)' },
  memory: { kind: 'text', short: 'm', value: 'SIZE', help: 'Memory limit: 64m, 1.5g' },
  cpus: { kind: 'text', value: 'N', help: 'CPU time, in CPUs: 0.5, 2' },
  pids: { kind: 'text', value: 'N', help: 'Most tasks at a time; -1 is no limit' },
  mount: { kind: 'list', value: 'SPEC', help: 'type=bind,src=DIR,dst=DIR[,ro] or type=tmpfs,dst=DIR[,size=64m]' },
  network: { kind: 'text', value: 'MODE', help: 'none (default) or host' },
  'read-only': { kind: 'flag', help: 'Make the root file system read-only' },
  'cap-add': { kind: 'list', value: 'CAPABILITY', help: 'Add a capability' },
  'cap-drop': { kind: 'list', value: 'CAPABILITY', help: 'Drop a capability; "all" drops every one' },
  'security-opt': { kind: 'list', value: 'OPTION', help: 'seccomp=FILE or seccomp=unconfined' },
  timeout: { kind: 'text', value: 'DURATION', help: 'Stop the program after this time: 500ms, 10s, 1m30s' },
  trace: { kind: 'flag', help: 'Show the time that each step took' },
  format: { kind: 'text', value: 'FORMAT', help: 'json: print how the program ended, with its output, as one JSON object' },
} as const

export type RunValues = OptionValues<typeof RUN_OPTIONS>

/** Options that a bundle decides itself. */
const PROGRAM_ONLY = [
  'rootfs',
  'env',
  'env-file',
  'user',
  'workdir',
  'hostname',
  'memory',
  'cpus',
  'pids',
  'mount',
  'network',
  'read-only',
  'cap-add',
  'cap-drop',
  'security-opt',
  'tty',
] as const satisfies readonly (keyof RunValues)[]

/** Pure but for the files that `--env-file` names.
 *  @throws {TeuError} ERR_TEU_USAGE */
export function runRequestOf(values: RunValues, command: readonly string[], io: Pick<Io, 'cwd' | 'env'>): RunRequest {
  const { bundle, rootfs, network, format, user, hostname, name, timeout, tty = false } = values
  const path = (text: string): string => resolve(io.cwd, text)
  if (network !== undefined && network !== 'none' && network !== 'host') throw usage(`--network: expected none or host, got "${network}"`)
  if (format !== undefined && format !== 'json') throw usage(`--format: expected json, got "${format}"`)
  if (format === 'json' && tty) throw usage('--format json: cannot be used with --tty, which joins output and terminal')
  const seccomp = seccompOf(values['security-opt'] ?? [], path)
  return {
    ...(bundle !== undefined && { bundle: path(bundle) }),
    ...(rootfs !== undefined && { rootfs: rootfs === 'host' ? rootfs : path(rootfs) }),
    command,
    env: environmentOf(values.env ?? [], values['env-file'] ?? [], io, path),
    ...(values.workdir !== undefined && { cwd: values.workdir }),
    ...(user !== undefined && { user }),
    ...(hostname !== undefined && { hostname }),
    ...limitsOf(values),
    mounts: (values.mount ?? []).map((text) => parseMount(text, io.cwd)),
    ...(network !== undefined && { network }),
    readonly: values['read-only'] ?? false,
    capAdd: values['cap-add'] ?? [],
    capDrop: values['cap-drop'] ?? [],
    ...(seccomp !== undefined && { seccomp }),
    ...(name !== undefined && { id: name }),
    terminal: tty,
    interactive: values.interactive ?? false,
    capture: format === 'json',
    ...(timeout !== undefined && { timeoutMs: parseDurationMs('timeout', timeout) }),
    trace: values.trace ?? false,
  }
}

/** Refuses a line that lacks something, or says it twice.
 *  @throws {TeuError} ERR_TEU_USAGE */
export function checkRunLine(values: RunValues, command: readonly string[]): void {
  if (values.bundle === undefined) {
    if (values.rootfs === undefined) throw usage('the root file system is missing', 'Give --rootfs DIR, --rootfs host or --bundle DIR')
    if (values.rootfs === '') throw usage('--rootfs: expected a directory or "host", got ""')
    if (command.length === 0)
      throw usage('the command to run is missing', 'Write it at the end of the line: teu run --rootfs DIR -- COMMAND')
    return
  }
  const clash = PROGRAM_ONLY.find((name) => values[name] !== undefined)
  if (clash !== undefined) throw usage(`--${clash}: cannot be used with --bundle, whose config.json decides it`)
  if (command.length > 0) throw usage('a command cannot be given with --bundle, whose config.json decides it')
}

function limitsOf({ memory, cpus, pids }: RunValues): Pick<RunRequest, 'memoryBytes' | 'cpus' | 'pids'> {
  if (cpus !== undefined && !(/^\d+(\.\d+)?$/.test(cpus) && Number(cpus) >= 0.01 && Number(cpus) <= 10_000)) {
    throw usage(`--cpus: expected a number from 0.01 on, got "${cpus}"`)
  }
  return {
    ...(memory !== undefined && { memoryBytes: parseSize('memory', memory) }),
    ...(cpus !== undefined && { cpus: Number(cpus) }),
    ...(pids !== undefined && { pids: Number(parseInteger('pids', pids, -1n, 4_194_304n)) }),
  }
}

function seccompOf(options: readonly string[], path: (text: string) => string): string | undefined {
  let profile: string | undefined
  for (const option of options) {
    const [, value = ''] = /^seccomp[=:](.+)$/s.exec(option) ?? []
    if (value === '') throw usage(`--security-opt: expected seccomp=FILE or seccomp=unconfined, got "${option}"`)
    profile = value === 'unconfined' ? value : path(value)
  }
  return profile
}
