/** One helper process per plan, for the command line: no spawner to start and to stop. Detached plans (create, exec -d, kill …) run
 *  synchronously; supervised ones (foreground run and exec) leave the event loop free for signals. */

import { closeSync } from 'node:fs'
import { encodeControl, encodePlan, findInitBinary, type Frame, FrameReader, type Plan } from '@teu/init'
import { TeuError } from '@teu/spec'
import { bunChildren } from './child-of-bun.ts'
import { nodeChildren } from './child-of-node.ts'
import type { ChildFds, ChildStarter, StartedChild } from './child.ts'
import { forwardSignals } from './forward-signals.ts'
import type { HeadStart, Listener } from './head-start.ts'
import { readStatus, requestFile, statusFile } from './request-file.ts'
import type { Submission, SubmitOptions, Transport } from './transport.ts'

export interface OnceOptions {
  /** Directory in which the request and the status have a file for a moment: 0700 and ours. */
  readonly directory: string
  /** Descriptor numbers of this process that teu-init finds at 6, 7, … for `adopt` steps. */
  readonly extraFds?: readonly number[]
  /** Where the container's inherited streams come from. */
  readonly stdio?: readonly [StdioChoice, StdioChoice, StdioChoice]
  /** A helper with these streams and descriptors that waits for a supervised plan. */
  readonly headStart?: HeadStart | undefined
}

type StdioChoice = number | 'ignore'

/** First descriptor number in teu-init for {@link OnceOptions.extraFds}. */
export const FIRST_EXTRA_FD = 6

export const children: ChildStarter = process.versions['bun'] === undefined ? nodeChildren : bunChildren

/** One plan per helper, so the number does not matter. */
const TAG = 1

/** Starts a helper for each plan. See {@link Transport}. */
export class OnceTransport implements Transport {
  readonly #options: OnceOptions

  constructor(options: OnceOptions) {
    this.#options = options
  }

  openPipes(): Promise<{ tag: number; fds: number[] }> {
    return Promise.reject(new TeuError('ERR_TEU_UNSUPPORTED', 'Cannot connect pipes to a container from the command line'))
  }

  submit({ plan: compile, trace, onFrame }: SubmitOptions): Submission {
    const plan = compile()
    const request = encodePlan(plan, { tag: TAG, trace: trace ?? false })
    return staysInForeground(plan) ? this.#supervised(request, plan, onFrame) : this.#detached(request, onFrame)
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  #detached(plan: Uint8Array, onFrame: (frame: Frame) => void): Submission {
    const { stdio, extraFds = [], directory } = this.#options
    const request = requestFile(directory, plan)
    let status = -1
    let failure: TeuError | undefined
    try {
      status = statusFile(directory)
      const { hasRun, how } = children.run(findInitBinary(), [...(stdio ?? [0, 1, 2]), request, status, 'ignore', ...extraFds])
      if (!hasRun || !deliver(readStatus(status), onFrame)) failure = helperGone(hasRun ? `it ended with ${how}` : how)
    } finally {
      closeSync(request)
      if (status >= 0) closeSync(status)
    }
    const done = failure ? Promise.reject(failure) : Promise.resolve()
    done.catch(nothing)
    return { done, signal: nothing, resize: nothing, release: nothing, ref: nothing, unref: nothing }
  }

  #start(plan: Uint8Array, listener: Listener): StartedChild {
    const { stdio, extraFds = [], directory, headStart } = this.#options
    const waiting = headStart?.take(plan, listener)
    if (waiting) return waiting
    const request = requestFile(directory, plan)
    try {
      const fds: ChildFds = [...(stdio ?? [0, 1, 2]), request, 'pipe', 'pipe', ...extraFds]
      return children.start({ path: findInitBinary(), mode: 'once', fds, ...listener })
    } finally {
      closeSync(request)
    }
  }

  #supervised(request: Uint8Array, plan: Plan, onFrame: (frame: Frame) => void): Submission {
    const reader = new FrameReader()
    let settle!: { resolve: () => void; reject: (error: Error) => void }
    const done = new Promise<void>((resolve, reject) => (settle = { resolve, reject }))
    const child = this.#start(request, {
      onStatus(bytes) {
        for (const frame of reader.push(bytes)) {
          onFrame(frame)
          if (frame.kind === 'done') settle.resolve()
        }
      },
      onEnd: (how) => settle.reject(helperGone(`it ended with ${how}`)),
    })
    const stopForwarding = forwardsSignals(plan) ? forwardSignals(child.kill) : nothing
    done.catch(nothing).finally(stopForwarding)
    const control = (what: 'signal' | 'resize', a: number, b = 0): void => child.send(encodeControl({ tag: TAG, what, a, b }))
    return {
      done,
      signal: (number) => control('signal', number),
      resize: (rows, columns) => control('resize', rows, columns),
      // End of file on its control channel tells the helper that nobody waits any more.
      release: child.hangUp,
      ref: child.ref,
      unref: child.unref,
    }
  }
}

/** Hands over all frames of a helper that has ended; false when the last one is missing. */
function deliver(status: Uint8Array, onFrame: (frame: Frame) => void): boolean {
  let finished = false
  for (const frame of new FrameReader().push(status)) {
    onFrame(frame)
    if (frame.kind === 'done' || ((frame.kind === 'created' || frame.kind === 'started') && !finished)) finished = true
  }
  return finished
}

function forwardsSignals(plan: Plan): boolean {
  const last = plan.parent[plan.parent.length - 1]
  return last?.op === 'supervise' && last.forwardSignals
}

/** Steps that last: while they run, this process has to hear of events, signals and the caller's wish to end. */
const LASTING: ReadonlySet<string> = new Set(['supervise', 'watch_oom', 'watch_pressure', 'notify_proxy', 'wait_process'])

function staysInForeground(plan: Plan): boolean {
  return LASTING.has(plan.parent[plan.parent.length - 1]?.op ?? '')
}

function nothing(): void {
  // A synchronous helper has ended before anybody could ask it for something.
}

function helperGone(reason: string): TeuError {
  return new TeuError('ERR_TEU_SYSTEM', `The helper process teu-init is gone: ${reason}`, {
    remedy: 'Check that the file system that holds teu-init is not mounted noexec',
  })
}
