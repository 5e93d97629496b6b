/** Waiting that can be given up. */

/** A timer that is set to more fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** Resolves after some milliseconds, at most about 24 days, or as soon as the signal fires; never rejects, and leaves neither timer nor
 *  listener. */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve()
    const done = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, Math.min(ms, MAX_TIMER_MS))
    signal?.addEventListener('abort', done, { once: true })
  })
}

/** What a promise settles to, unless the signal fires before: then its reason. Aborting ends the wait, not what is waited for; what becomes
 *  of that later is nobody's failure. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/** A promise with its two ends (`Promise.withResolvers` is not in Node 20). */
export interface Deferred<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (reason: unknown) => void
}

/** Makes a promise and hands out its ends. That nobody waits for it is no reason for an unhandled rejection. */
export function deferred<T = void>(): Deferred<T> {
  const made = strictDeferred<T>()
  made.promise.catch(() => undefined)
  return made
}

/** The same for a promise that somebody has to wait for: a rejection that nobody handles ends the program, as usual. */
export function strictDeferred<T = void>(): Deferred<T> {
  let resolve!: (value: T) => void
  let reject!: (reason: unknown) => void
  const promise = new Promise<T>((res, rej) => {
    resolve = res
    reject = rej
  })
  return { promise, resolve, reject }
}
