/** Doing many things at once, but not too many. */

/** Applies `work` to all items, at most `limit` at a time, and answers the results in the order of the items. After a failure nothing
 *  more is begun; rejects with the first failure when everything that was begun has settled. */
export async function mapBounded<T, R>(items: readonly T[], limit: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const entries = items.entries()
  let failed = false
  const worker = async (): Promise<void> => {
    for (const [n, item] of entries) {
      try {
        results[n] = await work(item)
      } catch (error) {
        failed = true
        throw error
      }
      if (failed) return
    }
  }
  const workers = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, worker))
  const failure = workers.find((one) => one.status === 'rejected')
  if (failure !== undefined) throw failure.reason
  return results
}

/** A number of permits; whoever gets none waits in line. */
export class Permits {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(count: number) {
    this.#free = count
  }

  async use<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free++
      else next()
    }
  }
}
