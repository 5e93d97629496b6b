/** Samples usage at even intervals, for as long as somebody looks. */

import type { Container, Usage } from '@teu/watch'
import type { Board } from './board.ts'

/** What samples; that of `@teu/watch` does. */
export interface Sampler {
  /** @returns  by `containerKey` */
  sample(containers: readonly Container[]): Promise<ReadonlyMap<string, Usage>>
}

/** Samples that are further apart than so many intervals say nothing about now. */
const MOST_INTERVALS = 10

/** See the head of this file. */
export class Sampling {
  readonly #sampler: Sampler
  readonly #board: Board
  readonly #intervalMs: number
  readonly #now: () => number
  #lookers = 0
  #timer: NodeJS.Timeout | undefined
  #isSampling = false
  /** When the last sample began, by performance.now(). */
  #last = -Infinity

  /** @param now  milliseconds since 1970 */
  constructor(sampler: Sampler, board: Board, intervalMs: number, now: () => number = Date.now) {
    this.#sampler = sampler
    this.#board = board
    this.#intervalMs = intervalMs
    this.#now = now
  }

  /** True while samples are taken. */
  get isRunning(): boolean {
    return this.#lookers > 0
  }

  /** Somebody looks, until the returned function is called. */
  look(): () => void {
    this.#lookers++
    if (this.#lookers === 1 && !this.#isSampling) void this.#sample()
    let isLooking = true
    return () => {
      if (!isLooking) return
      isLooking = false
      this.#lookers--
      if (this.#lookers === 0) clearTimeout(this.#timer)
    }
  }

  /** The next one begins an interval after this one has begun, or as soon as this one is over. A sample that fails has no readings. */
  async #sample(): Promise<void> {
    const begun = performance.now()
    this.#isSampling = true
    const isFirst = begun - this.#last > this.#intervalMs * MOST_INTERVALS
    this.#last = begun
    const usages = await this.#sampler.sample(this.#board.containers).catch(() => new Map<string, Usage>())
    this.#isSampling = false
    if (this.#lookers === 0) return
    this.#board.addSample(this.#now(), isFirst ? withoutRates(usages) : usages)
    this.#timer = setTimeout(() => void this.#sample(), Math.max(0, this.#intervalMs - (performance.now() - begun)))
  }
}

/** A rate is that of the time since the sample before, when somebody looked last. */
function withoutRates(usages: ReadonlyMap<string, Usage>): ReadonlyMap<string, Usage> {
  return new Map(Array.from(usages, ([key, usage]) => [key, { ...usage, cpuPercent: undefined }]))
}
