/** What a client is doing, so that its disposal can end it in order. */

import { TeuError } from '@teu/spec'
import { settlesWithin } from './settles-within.ts'

/** Jobs under way. Those that make something hear of the end and undo it; those that clear away are waited for. */
export class UnderWay {
  readonly #jobs = new Set<Promise<unknown>>()
  /** Tell the jobs that make something. Not listeners of one signal, of which Node takes more than ten for a leak. */
  readonly #stops = new Set<() => void>()
  #isEnding = false

  /** Runs a job that makes something. Its signal is the caller's and fires at the end of the client too.
   *  @param what  completes "Cannot …"
   *  @throws {TeuError} ERR_TEU_INVALID_STATE when the client is disposed, before or meanwhile */
  async making<T>(what: string, signal: AbortSignal | undefined, job: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const disposed = (): TeuError => new TeuError('ERR_TEU_INVALID_STATE', `Cannot ${what}: this client was disposed`)
    if (this.#isEnding) throw disposed()
    const stop = new AbortController()
    const abort = (): void => stop.abort(signal?.reason)
    const end = (): void => stop.abort(disposed())
    if (signal?.aborted === true) abort()
    signal?.addEventListener('abort', abort)
    this.#stops.add(end)
    try {
      return await this.clearing(() => job(stop.signal))
    } finally {
      signal?.removeEventListener('abort', abort)
      this.#stops.delete(end)
    }
  }

  /** Runs a job that removes something. */
  async clearing<T>(job: () => Promise<T>): Promise<T> {
    const running = job()
    this.#jobs.add(running)
    try {
      return await running
    } finally {
      this.#jobs.delete(running)
    }
  }

  /** Tells all jobs, refuses new ones, and resolves when those under way have settled, or after some milliseconds. */
  async end(timeoutMs: number): Promise<void> {
    this.#isEnding = true
    for (const stop of this.#stops) stop()
    if (this.#jobs.size > 0) await settlesWithin(Promise.allSettled(this.#jobs), timeoutMs)
  }
}
