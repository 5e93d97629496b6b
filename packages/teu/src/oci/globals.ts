/** The options before the command: state root, log, cgroup manager. */

import { resolve } from 'node:path'
import type { Io } from '../cli/io.ts'
import type { OpenOptions } from '../cli/library.ts'
import { type Log, LOG_LEVELS, type LogLevel, openLog } from '../cli/log.ts'
import type { OptionValues } from '../cli/options.ts'
import { usage } from '../cli/parse.ts'

/** Global options of runc and crun. */
export const GLOBALS = {
  root: { kind: 'text', value: 'DIR', help: 'State root (default /run/teu, or $XDG_RUNTIME_DIR/teu for an ordinary user)' },
  log: { kind: 'text', value: 'FILE', help: 'Append log records to FILE (default stderr)' },
  'log-format': { kind: 'text', value: 'FORMAT', help: 'Format of the log: text (default) or json' },
  'log-level': { kind: 'text', value: 'LEVEL', help: 'Lowest level that is logged: error (default), warning, info or debug' },
  debug: { kind: 'flag', help: 'Same as --log-level debug' },
  'systemd-cgroup': { kind: 'flag', help: 'Let systemd manage cgroups; cgroupsPath is slice:prefix:name' },
  'cgroup-manager': { kind: 'text', value: 'MANAGER', help: 'cgroupfs (default), systemd or disabled' },
  rootless: { kind: 'text', value: 'WHEN', help: 'Tolerate cgroup permission errors: true, false or auto (default)' },
  format: { kind: 'text', value: 'FORMAT', help: 'With --version: text (default) or json' },
  version: { kind: 'flag', short: 'v', help: 'Show the version' },
  criu: { kind: 'text' },
} as const

export type GlobalValues = OptionValues<typeof GLOBALS>

/** Opens the log that the options ask for. */
export function logOf(values: GlobalValues, io: Io): Log {
  const format = values['log-format'] ?? 'text'
  if (format !== 'text' && format !== 'json') throw usage(`--log-format: expected text or json, got "${format}"`)
  const level = values['log-level'] ?? 'error'
  if (!(LOG_LEVELS as readonly string[]).includes(level)) throw usage(`--log-level: expected ${LOG_LEVELS.join(', ')}, got "${level}"`)
  return openLog({
    target: values.log,
    cwd: io.cwd,
    format,
    level: values.debug === true ? 'debug' : (level as LogLevel),
    now: io.now,
    err: io.err,
  })
}

const MANAGERS = { cgroupfs: 'fs', systemd: 'systemd', disabled: 'disabled' } as const

/** What the library is told about the state root and the cgroups. An operation gets one helper process, which ends with it. */
export function openOptionsOf(values: GlobalValues, io: Io): OpenOptions {
  const { root, 'cgroup-manager': manager, rootless } = values
  if (root === '') throw usage('--root: expected a directory, got ""')
  if (manager !== undefined && !Object.hasOwn(MANAGERS, manager)) {
    throw usage(`--cgroup-manager: expected cgroupfs, systemd or disabled, got "${manager}"`)
  }
  const fallback = values['systemd-cgroup'] === true ? 'systemd' : 'fs'
  return {
    helper: 'once',
    cgroupManager: manager === undefined ? fallback : MANAGERS[manager as keyof typeof MANAGERS],
    ...(root !== undefined && { root: resolve(io.cwd, root) }),
    ...(rootless !== undefined && { rootless: rootlessOf(rootless) }),
  }
}

function rootlessOf(text: string): boolean | 'auto' {
  if (text === 'true' || text === 'false') return text === 'true'
  if (text === 'auto') return text
  throw usage(`--rootless: expected true, false or auto, got "${text}"`)
}
