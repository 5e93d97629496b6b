/** Names of the files in a container's state directory. Each file has exactly one writer, so none is ever read, changed and rewritten
 *  by two programs. */

import { join } from 'node:path'

/** Absolute paths inside `<root>/<id>`. */
export interface StatePaths {
  readonly directory: string
  /** The record; written by the creator, replaced by `update` under the lock. */
  readonly record: string
  /** `<pid> <start time>` of init; written by teu-init before the container side may go on. */
  readonly init: string
  /** `<wait status> <time>`; written by the monitor when init has ended. */
  readonly exit: string
  /** FIFO that init waits at. It exists as long as the container is `created`. */
  readonly gate: string
  /** The gate after a starter has claimed it. */
  readonly gateClaimed: string
  /** FIFO over which init reports what happens after the gate. */
  readonly gateStatus: string
  readonly lock: string
  /** Last contents of the memory cgroup's counters, kept by the monitor. */
  readonly memoryEvents: string
  readonly memoryPeak: string
  /** Directory that is bound at /run/notify when the caller wants sd_notify. */
  readonly notifyDirectory: string
  readonly notifySocket: string
}

/** File names that teu may find, and remove, in a state directory. */
export const STATE_FILES: readonly string[] = [
  'state.json',
  'init',
  'exit',
  'gate',
  'gate-claimed',
  'gate-status',
  'lock',
  'memory.events',
  'memory.peak',
  'stdin',
  'stdout',
  'stderr',
  'plan',
  'status',
  'notify/notify.sock',
]

/** Derives all paths. The id has been checked before: it becomes one path segment. */
export function statePaths(root: string, id: string): StatePaths {
  const directory = join(root, id)
  return {
    directory,
    record: `${directory}/state.json`,
    init: `${directory}/init`,
    exit: `${directory}/exit`,
    gate: `${directory}/gate`,
    gateClaimed: `${directory}/gate-claimed`,
    gateStatus: `${directory}/gate-status`,
    lock: `${directory}/lock`,
    memoryEvents: `${directory}/memory.events`,
    memoryPeak: `${directory}/memory.peak`,
    notifyDirectory: `${directory}/notify`,
    notifySocket: `${directory}/notify/notify.sock`,
  }
}
