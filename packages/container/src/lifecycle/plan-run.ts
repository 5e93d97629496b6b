/** One plan under way: its frames sorted into the moments that the lifecycle waits for. */

import type { Frame, Plan } from '@teu/init'
import { strictDeferred, type TeuError } from '@teu/spec'
import type { Submission, Transport } from '../helper/transport.ts'
import { checkSize } from '../option-rules.ts'
import { exitReport } from '../report/exit-report.ts'
import { type FailureContext, failureOf, wasKilled } from '../report/failure.ts'
import { publishSteps } from '../report/trace.ts'
import type { ExitReport } from '../types.ts'

type FailedFrame = Extract<Frame, { kind: 'failed' }>

export interface PlanRunOptions extends Omit<FailureContext, 'plan'> {
  readonly plan: () => Plan
  /** See {@link SubmitOptions}. */
  readonly encoded?: Uint8Array | undefined
  readonly transport: Transport
  readonly tag?: number
  /** Path of the memory cgroup, for the exit report. */
  readonly memoryCgroup?: string | undefined
  readonly trace?: boolean
  readonly onEvent?: (value: bigint) => void
}

/** Promises for the moments of one plan. A failure rejects all that have not come; `finished` settles after the clean-up. */
export class PlanRun {
  /** Host pid and start time of the container process, as soon as it exists. */
  pid: number | undefined
  startTime: string | undefined
  /** It waits at the gate. */
  readonly created: Promise<void>
  /** The program runs. */
  readonly started: Promise<void>
  /** It has ended; resolves after the `after` steps, so that nothing of it is left. */
  readonly exited: Promise<ExitReport>
  /** Every step is done, in plans without a container process. Rejects with the first failure. */
  readonly finished: Promise<void>
  readonly #submission: Submission
  #isOver = false
  #failure: FailedFrame | undefined
  #exit: Extract<Frame, { kind: 'exited' }> | undefined
  readonly #cleanup: FailedFrame[] = []
  readonly #collected = new Map<string, string>()
  readonly #options: PlanRunOptions

  constructor(options: PlanRunOptions) {
    this.#options = options
    const created = strictDeferred()
    const started = strictDeferred()
    this.#submission = options.transport.submit({
      plan: options.plan,
      ...(options.encoded && { encoded: options.encoded }),
      trace: options.trace ?? false,
      ...(options.tag !== undefined && { tag: options.tag }),
      onFrame: (frame) => {
        this.#receive(frame)
        if (frame.kind === 'created') created.resolve()
        else if (frame.kind === 'started') started.resolve()
      },
    })
    this.finished = this.#submission.done.then(() => {
      this.#isOver = true
      if (this.#failure) throw this.#error(this.#failure)
    })
    this.exited = this.finished.then(() => this.#report())
    this.finished.then(created.resolve, created.reject)
    this.finished.then(started.resolve, started.reject)
    this.created = created.promise
    this.started = started.promise
    for (const promise of [this.created, this.started, this.exited, this.finished]) promise.catch(ignored)
  }

  /** All of the plan has been done. */
  get isComplete(): boolean {
    return this.#isOver && this.#failure === undefined
  }

  /** A step has failed, and teu-init has taken back what it had made. It has not where it was killed itself. */
  get isUndone(): boolean {
    return this.#isOver && this.#failure !== undefined && !wasKilled(this.#failure)
  }

  /** Whether a clean-up step has failed. */
  get leftSomething(): boolean {
    return this.#cleanup.length > 0
  }

  signal(number: number): void {
    this.#submission.signal(number)
  }

  resize(size: { height: number; width: number }): void {
    checkSize(size)
    this.#submission.resize(size.height, size.width)
  }

  release(): void {
    this.#submission.release()
  }

  unref(): void {
    this.#submission.unref()
  }

  ref(): void {
    this.#submission.ref()
  }

  #receive(frame: Frame): void {
    // oxlint-disable-next-line switch-exhaustiveness-check -- the other frames are moments, which have promises
    switch (frame.kind) {
      case 'init':
        this.pid = frame.pid
        this.startTime = String(frame.startTime)
        break
      case 'failed':
        // The first failure is the cause; failures of `after` steps and of the undo only come along.
        if (this.#failure || frame.stage === 'after') this.#cleanup.push(frame)
        else this.#failure = frame
        break
      case 'exited':
        this.#exit = frame
        break
      case 'collected':
        this.#collected.set(frame.name, frame.content)
        break
      case 'trace':
        publishSteps({ ...this.#options, plan: this.#options.plan() }, frame)
        break
      case 'event':
        this.#options.onEvent?.(frame.value)
        break
    }
  }

  #error(frame: FailedFrame): TeuError {
    return failureOf(frame, { ...this.#options, plan: this.#options.plan() }, this.#cleanup)
  }

  #report(): ExitReport {
    if (this.#exit) return exitReport(this.#exit, this.#collected, this.#options.memoryCgroup)
    return { oomKilled: false, seccompKilled: false, timedOut: false }
  }
}

function ignored(): void {
  // Whoever waits for this moment gets the rejection; nobody has to wait.
}
