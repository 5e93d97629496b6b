/** Streams of a daemon that is there and says nothing more. */

import { RpcError, RpcStatus } from './status.ts'
import type { CallOptions } from './transport.ts'

/** A deadline for the daemon's next move: it runs from `start` to `stop`, and ends the call when it is over. */
export class StallTimer {
  readonly #timeoutMs: number
  readonly #stalled = new AbortController()
  #isClosed = false
  #timer: ReturnType<typeof setTimeout> | undefined

  /** @param timeoutMs  0 is none */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs
  }

  /** Fires when the daemon has not moved in time. */
  get signal(): AbortSignal {
    return this.#stalled.signal
  }

  start(): void {
    this.stop()
    if (this.#timeoutMs === 0 || this.#isClosed) return
    const failure = new RpcError(RpcStatus.DEADLINE_EXCEEDED, `no progress for ${this.#timeoutMs} ms`, { answered: false })
    this.#timer = setTimeout(() => this.#stalled.abort(failure), this.#timeoutMs)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  /** For good. */
  close(): void {
    this.#isClosed = true
    this.stop()
  }
}

/** The answers of a stream, each of which must come within some milliseconds after it is asked for. How long the caller takes with them does
 *  not count. */
export async function* goingOn<T>(
  timeoutMs: number,
  options: CallOptions,
  open: (options: CallOptions) => AsyncIterable<T>,
): AsyncGenerator<T> {
  const timer = new StallTimer(timeoutMs)
  const { signal } = options
  const call = new AbortController()
  const forward = (): void => call.abort(timer.signal.aborted ? timer.signal.reason : signal?.reason)
  if (signal?.aborted === true) forward()
  signal?.addEventListener('abort', forward)
  timer.signal.addEventListener('abort', forward)
  try {
    timer.start()
    for await (const answer of open({ ...options, signal: call.signal })) {
      timer.stop()
      yield answer
      timer.start()
    }
  } finally {
    timer.close()
    signal?.removeEventListener('abort', forward)
  }
}
