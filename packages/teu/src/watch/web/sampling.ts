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
  #running: Promise<void> | undefined
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
    if (this.#lookers === 1 && this.#running === undefined) this.#begin()
    let isLooking = true
    return () => {
      if (!isLooking) return
      isLooking = false
      this.#lookers--
      if (this.#lookers === 0) clearTimeout(this.#timer)
    }
  }

  /** Resolves when no sample is under way. */
  async settled(): Promise<void> {
    await this.#running
  }

  #begin(): void {
    const begun = performance.now()
    this.#running = this.#sample(begun).finally(() => {
      this.#running = undefined
      if (this.#lookers === 0) return
      // An interval after this one has begun, or as soon as this one is over.
      this.#timer = setTimeout(() => this.#begin(), Math.max(0, this.#intervalMs - (performance.now() - begun)))
    })
  }

  async #sample(begun: number): Promise<void> {
    const isFirst = begun - this.#last > this.#intervalMs * MOST_INTERVALS
    this.#last = begun
    const usages = await this.#read()
    if (this.#lookers > 0) this.#board.addSample(this.#now(), isFirst ? withoutRates(usages) : usages)
  }

  /** A sample that fails has no readings. */
  async #read(): Promise<ReadonlyMap<string, Usage>> {
    try {
      return await this.#sampler.sample(this.#board.containers)
    } catch {
      return new Map()
    }
  }
}

/** A rate is that of the time since the sample before, when somebody looked last. */
function withoutRates(usages: ReadonlyMap<string, Usage>): ReadonlyMap<string, Usage> {
  return new Map(Array.from(usages, ([key, usage]) => [key, { ...usage, cpuPercent: undefined }]))
}
