/** Order among the operations of one container. */

interface Waiting {
  readonly isShared: boolean
  readonly enter: () => void
}

/** Either one exclusive job at a time, or up to `maxShared` shared ones; in the order of asking. */
export class SharedLock {
  readonly #maxShared: number
  readonly #waiting: Waiting[] = []
  #shared = 0
  #isExclusive = false

  constructor(maxShared: number) {
    this.#maxShared = maxShared
  }

  /** @throws the signal's reason when that fires before it is the job's turn */
  exclusive<T>(job: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.#hold(false, job, signal)
  }

  /** @throws the signal's reason when that fires before it is the job's turn */
  shared<T>(job: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.#hold(true, job, signal)
  }

  async #hold<T>(isShared: boolean, job: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    await this.#turn(isShared, signal)
    try {
      return await job()
    } finally {
      if (isShared) this.#shared -= 1
      else this.#isExclusive = false
      this.#admit()
    }
  }

  #turn(isShared: boolean, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted()
    return new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(place), 1)
        reject(signal?.reason as Error)
        // Those behind may have waited for this one only.
        this.#admit()
      }
      const enter = (): void => {
        signal?.removeEventListener('abort', leave)
        resolve()
      }
      const place: Waiting = { isShared, enter }
      signal?.addEventListener('abort', leave, { once: true })
      this.#waiting.push(place)
      this.#admit()
    })
  }

  #admit(): void {
    for (let [first] = this.#waiting; first !== undefined && this.#isFreeFor(first); [first] = this.#waiting) {
      this.#waiting.shift()
      if (first.isShared) this.#shared += 1
      else this.#isExclusive = true
      first.enter()
    }
  }

  #isFreeFor({ isShared }: Waiting): boolean {
    return !this.#isExclusive && this.#shared < (isShared ? this.#maxShared : 1)
  }
}
