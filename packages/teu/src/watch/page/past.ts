/** The past of the container that is open: what the server has kept, and what comes after it. */

import type { WireDetails, WireHistory } from '../web/wire.ts'

/** Lists that belong together, oldest first; times in milliseconds since 1970. */
export interface Samples {
  readonly at: number[]
  readonly cpu: (number | null)[]
  readonly memory: (number | null)[]
  readonly pids: (number | null)[]
}

/** What is read of one container at one moment. */
export interface Moment {
  readonly at: number
  readonly cpu: number | null
  readonly memory: number | null
  readonly pids: number | null
}

/** Samples that come while the server's answer is on its way are added after it; those that both have are there once. */
export class Past {
  readonly n: number
  readonly samples: Samples = { at: [], cpu: [], memory: [], pids: [] }
  labels: WireDetails['labels'] = []
  moreLabels = 0
  readonly #historyMs: number
  #early: Moment[] | undefined = []

  constructor(n: number, historyMs: number) {
    this.n = n
    this.#historyMs = historyMs
  }

  /** False until the server has answered. */
  get isComplete(): boolean {
    return this.#early === undefined
  }

  /** Takes the server's answer. */
  complete({ labels, moreLabels, history }: Pick<WireDetails, 'labels' | 'moreLabels'> & { readonly history: WireHistory }): void {
    Object.assign(this, { labels, moreLabels })
    const { at, cpu, memory, pids } = this.samples
    at.push(...history.at)
    cpu.push(...history.cpu)
    memory.push(...history.memory)
    pids.push(...history.pids)
    const early = this.#early ?? []
    this.#early = undefined
    for (const moment of early) this.add(moment)
  }

  add(moment: Moment): void {
    if (this.#early !== undefined) {
      this.#early.push(moment)
      return
    }
    const { at, cpu, memory, pids } = this.samples
    if (moment.at <= (at.at(-1) ?? 0)) return
    at.push(moment.at)
    cpu.push(moment.cpu)
    memory.push(moment.memory)
    pids.push(moment.pids)
    while ((at[0] ?? Infinity) < moment.at - this.#historyMs) for (const list of [at, cpu, memory, pids]) list.shift()
  }
}

/** Times in seconds and values, as a chart wants them. Where samples are missing the line has a gap.
 *  @param mostGapMs  samples that are further apart have something missing between them */
export function chartData(at: readonly number[], values: readonly (number | null)[], mostGapMs: number): [number[], (number | null)[]] {
  const [xs, ys]: [number[], (number | null)[]] = [[], []]
  for (const [i, time] of at.entries()) {
    const before = at[i - 1]
    if (before !== undefined && time - before > mostGapMs) {
      xs.push((before + time) / 2_000)
      ys.push(null)
    }
    xs.push(time / 1_000)
    ys.push(values[i] ?? null)
  }
  return [xs, ys]
}

/** The least and the most of what is known; undefined when nothing is. */
export function extent(values: readonly (number | null)[]): { readonly least: number; readonly most: number } | undefined {
  const known = values.filter((value) => value !== null)
  if (known.length === 0) return undefined
  return { least: Math.min(...known), most: Math.max(...known) }
}
