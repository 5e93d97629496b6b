/** The options of `teu run` with a daemon, and what they ask for. */

import type { Io } from '../cli/io.ts'
import type { OptionValues } from '../cli/options.ts'
import { usage } from '../cli/parse.ts'
import { RUN_OPTIONS, runRequestOf } from '../human/run-options.ts'
import type { HostRunRequest, TerminalSize } from './host.ts'

const OWN = {
  rootfs: { kind: 'text', value: 'DIR', help: "Root file system, a directory of the daemon's machine, in place of an image" },
  entrypoint: { kind: 'text', value: 'PROGRAM', help: "Run this in place of the image's own program" },
  platform: { kind: 'text', value: 'OS/ARCH', help: 'Take the image for another platform' },
  label: { kind: 'list', short: 'l', value: 'NAME=VALUE', help: 'Put a label on the container' },
  runtime: { kind: 'text', value: 'NAME', help: 'OCI runtime, by name or path (default runc), or a shim such as io.containerd.kata.v2' },
  detach: { kind: 'flag', short: 'd', help: 'Print the id and return when the program runs; its output goes nowhere' },
  rm: { kind: 'flag', help: 'Remove the container when the program ends (default; --rm=false keeps it)' },
  // Known without help, so that they can be refused with a reason.
  bundle: { kind: 'text', short: 'b' },
  trace: { kind: 'flag' },
  format: { kind: 'text' },
} as const

/** Those of `teu run`, as far as a daemon can do them, and what only a daemon can do. */
export const HOST_RUN_OPTIONS: Omit<typeof RUN_OPTIONS, keyof typeof OWN> & typeof OWN = { ...RUN_OPTIONS, ...OWN }

export type HostRunValues = OptionValues<typeof HOST_RUN_OPTIONS>

/** Options of `teu run` that have no meaning here, and why. */
const REFUSED = {
  bundle: 'the daemon makes the bundles of its containers itself',
  trace: 'the steps of a start are known for containers of teu itself only',
  format: 'reports are made for containers of teu itself only',
} as const satisfies Partial<Record<keyof HostRunValues, string>>

/** What is not there for a program that nobody stays with. */
const ATTACHED_ONLY = {
  interactive: 'nobody would write to its stdin',
  tty: 'nobody would be at its terminal',
  timeout: 'nobody would be there to stop it',
} as const satisfies Partial<Record<keyof HostRunValues, string>>

/** Refuses a line that lacks something, or asks for what cannot be.
 *  @throws {TeuError} ERR_TEU_USAGE */
export function checkHostRunLine(values: HostRunValues, args: readonly string[]): void {
  for (const [name, reason] of Object.entries(REFUSED)) {
    if (values[name as keyof typeof REFUSED] !== undefined) throw usage(`--${name}: cannot be used with a daemon: ${reason}`)
  }
  const { rootfs, detach = false, rm } = values
  if (rootfs === undefined) {
    if (args.length === 0) throw usage('the image is missing', 'Write teu run IMAGE [COMMAND], or teu run --rootfs DIR -- COMMAND')
  } else {
    checkRootfs(rootfs, values, args)
  }
  if (!detach) return
  for (const [name, reason] of Object.entries(ATTACHED_ONLY)) {
    const value = values[name as keyof typeof ATTACHED_ONLY]
    if (value !== undefined && value !== false) throw usage(`--${name}: cannot be used with --detach: ${reason}`)
  }
  if (rm === true) throw usage('--rm: cannot be used with --detach: nobody would be there to remove it', 'Use teu rm when it has ended')
}

function checkRootfs(rootfs: string, values: HostRunValues, args: readonly string[]): void {
  if (rootfs === '') throw usage('--rootfs: expected a directory, got ""')
  if (rootfs === 'host') {
    throw usage(
      "--rootfs host: a daemon cannot put an overlay over the machine's root file system",
      'Leave out --host, or give a directory',
    )
  }
  if (args.length === 0) throw usage('the command to run is missing', 'Write it at the end of the line: teu run --rootfs DIR -- COMMAND')
  for (const name of ['entrypoint', 'platform'] as const) {
    if (values[name] !== undefined) throw usage(`--${name}: cannot be used with --rootfs: it is for images`)
  }
}

/** Pure but for the files that `--env-file` names.
 *  @throws {TeuError} ERR_TEU_USAGE */
export function hostRunRequestOf(
  values: HostRunValues,
  args: readonly string[],
  io: Pick<Io, 'cwd' | 'env'>,
  size: TerminalSize | undefined,
): HostRunRequest {
  const { entrypoint, platform, label = [], runtime, detach: _detach, rm: _rm, ...shared } = values
  const [image = '', ...imageArgs] = args
  const isImage = values.rootfs === undefined
  return {
    ...(isImage && { image }),
    program: runRequestOf(shared, isImage ? imageArgs : args, io),
    labels: Object.fromEntries(label.map(labelOf)),
    ...(entrypoint !== undefined && { entrypoint }),
    ...(platform !== undefined && { platform }),
    ...(runtime !== undefined && { runtime: runtimeOf(runtime, io.cwd) }),
    ...(size !== undefined && { size }),
  }
}

function labelOf(text: string): [string, string] {
  const equals = text.indexOf('=')
  if (equals === 0 || text === '') throw usage(`--label: expected NAME=VALUE or NAME, got "${text}"`)
  return equals < 0 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1)]
}

/** A path is the caller's; a name is looked up by the daemon, in its own PATH. */
function runtimeOf(text: string, cwd: string): string {
  if (text === '') throw usage('--runtime: expected a name or a path, got ""')
  return text.startsWith('./') || text.startsWith('../') ? `${cwd}/${text}` : text
}
