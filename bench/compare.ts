/** Measuring contestants in turns and printing them side by side. */

import { setTimeout as delay } from 'node:timers/promises'
import { summarise, table } from './statistics.ts'

/** Something to be measured. */
export interface Entrant {
  readonly name: string
  /** One run, in milliseconds. */
  measure(): Promise<number>
}

const WARM_UP_ROUNDS = 5
/** The kernel takes apart the namespaces and cgroups of a container after its end. Nobody is to pay for who came before. */
const PAUSE_MS = 20

const ratio = (value: number, base: number | undefined): string => (base === undefined ? '' : `${(value / base).toFixed(2)}x`)

/** Runs all entrants in every round and prints medians, the range of most runs, and ratios to crun's and runc's median. */
export async function compare(title: string, rounds: number, entrants: readonly Entrant[]): Promise<void> {
  const samples = new Map<string, number[]>(entrants.map(({ name }) => [name, []]))
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    for (const { name, measure } of turns(entrants, round)) {
      await delay(PAUSE_MS)
      const time = await measure()
      if (round >= 0) samples.get(name)?.push(time)
    }
  }
  const summaries = new Map([...samples].map(([name, times]) => [name, summarise(times)]))
  const medianOf = (program: string): number | undefined => [...summaries].find(([name]) => name.startsWith(program))?.[1].median
  const rows = [...summaries].map(([name, { median, p10, p90 }]) => [
    name,
    median.toFixed(2),
    p10.toFixed(2),
    p90.toFixed(2),
    ratio(median, medianOf('crun')),
    ratio(median, medianOf('runc')),
  ])
  console.log(`\n${title}, ${rounds} rounds, milliseconds`)
  console.log(table(['', 'median', 'p10', 'p90', 'to crun', 'to runc'], rows))
}

/** Another order in each round: what a container leaves for the kernel to clear away, and the processor's caches, favour certain places. */
function turns<T>(entrants: readonly T[], round: number): T[] {
  const first = (round + WARM_UP_ROUNDS) % entrants.length
  const rotated = [...entrants.slice(first), ...entrants.slice(0, first)]
  return Math.floor((round + WARM_UP_ROUNDS) / entrants.length) % 2 === 0 ? rotated : rotated.reverse()
}
