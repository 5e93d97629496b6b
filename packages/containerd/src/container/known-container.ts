/** What the client remembers of a container. */

import type { Owed } from '../events/owed.ts'
import { EventQueue } from '../events/queue.ts'
import { report } from '../report.ts'
import { INIT_PROCESS } from '../types.ts'
import type { ProcessRun } from './process-run.ts'
import { SharedLock } from './shared-lock.ts'
import type { TaskBasis } from './task-basis.ts'

/** Execs that start at the same time in one container: older shims start one after another, and stall when many wait. */
const MAX_STARTING_EXECS = 4
/** Ended runs that late events are recognised by. */
const MAX_RECENT = 32

/** Everything in memory; the daemon has the truth. */
export class KnownContainer {
  readonly id: string
  /** Directory of the FIFOs. */
  bundle: string
  /** start, deleteTask, delete, restore and checkpoint exclude each other, and execs that are starting. */
  readonly lock: SharedLock = new SharedLock(MAX_STARTING_EXECS)
  readonly queue: EventQueue
  /** The first process of the task, until the task is deleted. */
  init: ProcessRun | undefined
  readonly execs: Map<string, ProcessRun> = new Map()
  /** Runs that are gone, the last one first. */
  readonly recent: ProcessRun[] = []
  /** Since the last start. */
  oomKilled = false
  /** By the daemon's clock, of the last notice of lack of memory. */
  lastOomMs: number | undefined
  /** What calls have done and is not told yet, in the order of the answers. */
  readonly owed: Owed[] = []
  /** Of the record as this client has just made it; undefined when a task was made of it or it may have changed: then it is asked for. */
  freshBasis: TaskBasis | undefined
  /** Settles when the FIFOs of former tasks are removed. */
  tidying: Promise<unknown> = Promise.resolve()

  constructor(id: string, bundle: string) {
    this.id = id
    this.bundle = bundle
    this.queue = new EventQueue((error) => report({ what: 'handle an event', containerId: id, error }))
  }

  /** The run of that name now; the container's id is the first process's too. */
  current(processId: string): ProcessRun | undefined {
    return processId === INIT_PROCESS || processId === this.id ? this.init : this.execs.get(processId)
  }

  /** The last run of that name that is gone. */
  last(processId: string): ProcessRun | undefined {
    const name = processId === this.id ? INIT_PROCESS : processId
    return this.recent.find((run) => run.processId === name)
  }

  /** The run that an event is about. Pids that are known decide, also for runs that are gone. */
  find(processId: string, pid: number): ProcessRun | undefined {
    const now = this.current(processId)
    if (pid === 0 || now?.pid === pid) return now
    const gone = this.recent.find((run) => run.processId === processId && run.pid === pid)
    return gone ?? (now?.mayHavePid(pid) === true ? now : undefined)
  }

  /** Takes a run out of the picture; late events still find it. */
  retire(run: ProcessRun): void {
    if (this.init === run) this.init = undefined
    if (this.execs.get(run.processId) === run) this.execs.delete(run.processId)
    // What the daemon answers about the end of an exec that goes with its task may be on the way.
    if (!run.owesExit) run.watch?.abort()
    this.recent.unshift(run)
    this.recent.length = Math.min(this.recent.length, MAX_RECENT)
  }
}
