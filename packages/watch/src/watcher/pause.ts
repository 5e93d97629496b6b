/** Waiting that can be cut short. */

import { setMaxListeners } from 'node:events'

/** Resolves after `ms`, or as soon as the signal is aborted; never rejects, and leaves neither timer nor listener. */
export function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done, { once: true })
  })
}

/** Resolves when the signal is aborted, or has been. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** Waits for `promise` or for the signal: aborting ends the wait, not what is waited for. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await promise
  signal.throwIfAborted()
  let abort: (() => void) | undefined
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason as Error)
    signal.addEventListener('abort', abort, { once: true })
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    if (abort !== undefined) signal.removeEventListener('abort', abort)
  }
}

/** A promise with its ends (Promise.withResolvers is not in Node 20). That nobody waits for it is no reason for an unhandled rejection. */
export interface Deferred<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (reason: unknown) => void
}

/** Makes a promise and hands out its ends. */
export function deferred<T = void>(): Deferred<T> {
  let resolve!: (value: T) => void
  let reject!: (reason: unknown) => void
  const promise = new Promise<T>((res, rej) => {
    resolve = res
    reject = rej
  })
  promise.catch(() => undefined)
  return { promise, resolve, reject }
}

/** A controller that is aborted with `signal`, and that forgets about it when it is disposed. AbortSignal.any() is not used for signals
 *  that live long: on Node 20 each of its results stays referenced by them. */
export class LinkedAbort implements Disposable {
  readonly #controller = new AbortController()
  readonly #parents: readonly AbortSignal[]
  readonly #follow = (event: Event): void => this.abort((event.target as AbortSignal).reason)

  constructor(...parents: readonly (AbortSignal | undefined)[]) {
    // Everything that is under way listens to it; Node takes more than ten listeners for a leak.
    setMaxListeners(0, this.#controller.signal)
    this.#parents = parents.filter((one) => one !== undefined)
    for (const parent of this.#parents) {
      if (parent.aborted) this.abort(parent.reason)
      else parent.addEventListener('abort', this.#follow, { once: true })
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason)
  }

  [Symbol.dispose](): void {
    for (const parent of this.#parents) parent.removeEventListener('abort', this.#follow)
  }
}
