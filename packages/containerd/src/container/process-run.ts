/** One life of a process: from the call that makes it until its exit has been told. */

import { deferred, type Deferred } from '@teu/spec'
import type { AttachedIo } from '../stdio/attached-io.ts'
import { INIT_PROCESS, type ExitInfo, type TaskEvent, type TaskEventType } from '../types.ts'

/** What is known of an end. */
export interface ExitFacts {
  readonly exitCode: number
  readonly exitedAt?: Date | undefined
  readonly error?: Error | undefined
  readonly timestamp?: Date
  readonly source: TaskEvent['source']
}

/** An exit whose fields may be mended: notices of lack of memory take another way, and can be late. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/**
 * A run is told apart from an earlier one of the same name by being another object, and from what the daemon says about earlier ones by
 * its pid. Clocks are not compared: they jump.
 */
export class ProcessRun {
  readonly containerId: string
  /** `init`, or the exec's id. */
  readonly processId: string
  /** 0 until the daemon has said it. */
  pid = 0
  phase: 'starting' | 'created' | 'running' | 'exited' = 'starting'
  /** The call that makes or starts this process; what it decides is not told before it has settled. */
  inFlight: Promise<void> | undefined
  /** Users have been told that it started, by an event or by the answer of a call. */
  isStartTold = false
  /** Events that happen once and were told. */
  readonly told: Set<TaskEventType> = new Set()
  /** It began before anybody looked. */
  isPast = false
  /** Of a first process: what users have been told. */
  isPaused = false
  /** What was told last of that was found out without its event, which may come late. */
  isPauseFound = false
  /** The call that was to make or start it failed. */
  isDiscarded = false
  /** A call of this client is deleting it. */
  isBeingDeleted = false
  /** Another client made it. */
  readonly isForeign: boolean
  /** Set once, by whoever comes first: event, safety net, comparison, deletion. */
  exit: Mutable<ExitInfo> | undefined
  /** Resolves when the exit is told. Rejects when there will be none: the start failed, or the client was disposed. */
  readonly exited: Deferred<ExitInfo> = deferred()
  /** Resolves when an exec is no longer known to daemon and client. */
  readonly removed: Deferred<void> = deferred()
  /** What an event or the answer of a call says about its end; it counts when the daemon has nothing better to say any more. */
  heard: ExitFacts | undefined
  /** Resolves when something was heard. */
  readonly hearing: Deferred<void> = deferred()
  /** Of an exec: the first process of its task, when the task is gone. */
  task: ProcessRun | undefined
  /** Of a first process: the execs that went with the task. */
  orphans: readonly ProcessRun[] = []
  io: AttachedIo | undefined
  /** Ends the open `Wait` call. */
  watch: AbortController | undefined

  constructor(containerId: string, processId: string, options: { isForeign?: boolean } = {}) {
    this.containerId = containerId
    this.processId = processId
    this.isForeign = options.isForeign ?? false
  }

  /** Runs the call that makes or starts the process. */
  async during<T>(call: () => Promise<T>): Promise<T> {
    const settled = deferred()
    this.inFlight = settled.promise
    try {
      return await call()
    } finally {
      this.inFlight = undefined
      settled.resolve()
    }
  }

  /** Whether users must be told of its end. One that was never started for them has none. */
  get owesExit(): boolean {
    return this.exit === undefined && (!this.isDiscarded || this.isStartTold)
  }

  /** Whether users have the answer of the call, or an end to hear of, and not the event. */
  get owesStart(): boolean {
    return this.isStartTold && !this.isPast && !this.told.has(this.startType)
  }

  /** The type of the event that says that the program runs. */
  get startType(): 'start' | 'exec-started' {
    return this.processId === INIT_PROCESS ? 'start' : 'exec-started'
  }

  /** Notes what is said about the end. What the daemon has told by an event is preferred. */
  hear(facts: ExitFacts): void {
    if (this.heard === undefined || facts.source === 'stream') this.heard = facts
    this.hearing.resolve()
  }

  /** Whether something that the daemon says about this pid may be about this run. */
  mayHavePid(pid: number): boolean {
    return pid === 0 || this.pid === 0 || pid === this.pid
  }
}
