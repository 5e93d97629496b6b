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

  exclusive<T>(job: () => Promise<T>): Promise<T> {
    return this.#hold(false, job)
  }

  shared<T>(job: () => Promise<T>): Promise<T> {
    return this.#hold(true, job)
  }

  async #hold<T>(isShared: boolean, job: () => Promise<T>): Promise<T> {
    await new Promise<void>((enter) => {
      this.#waiting.push({ isShared, enter })
      this.#admit()
    })
    try {
      return await job()
    } finally {
      if (isShared) this.#shared -= 1
      else this.#isExclusive = false
      this.#admit()
    }
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
