/** Signals that are heard, and that follow others. */

import { setMaxListeners } from 'node:events'

/** Resolves when the signal is aborted, or has been. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
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
