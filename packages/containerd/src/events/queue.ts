/** Jobs of one container, one after another in the order in which they came. */

/** A job's failure goes to `onError`, and the next job runs all the same. */
export class EventQueue {
  readonly #onError: (error: unknown) => void
  readonly #jobs: (() => Promise<void>)[] = []
  #running = false

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
  }

  /** True when no job waits behind the one that runs. */
  get isEmpty(): boolean {
    return this.#jobs.length === 0
  }

  push(job: () => Promise<void>): void {
    this.#jobs.push(job)
    if (!this.#running) void this.#run()
  }

  async #run(): Promise<void> {
    this.#running = true
    for (let job = this.#jobs.shift(); job !== undefined; job = this.#jobs.shift()) {
      try {
        await job()
      } catch (error) {
        this.#onError(error)
      }
    }
    this.#running = false
  }
}
