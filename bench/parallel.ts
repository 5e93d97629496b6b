/** `run` of busybox `true`, four at a time: containers per second. */

import { Containers, run } from 'teu'
import type { BenchRoom } from './bench-room.ts'
import { summarise, table } from './statistics.ts'
import { timeTogether } from './timer.ts'

const WIDTH = 4
const PER_ROUND = 100

async function library(containers: Containers, bundle: string): Promise<number> {
  const start = performance.now()
  let left = PER_ROUND
  const lane = async (): Promise<void> => {
    while (left-- > 0) {
      const { exitCode } = await run({ bundle, stdio: 'null', containers })
      if (exitCode !== 0) throw new Error(`the library's run ended with ${exitCode}`)
    }
  }
  await Promise.all(Array.from({ length: WIDTH }, lane))
  return performance.now() - start
}

/** Measures and prints. */
export async function benchParallel(room: BenchRoom, rounds: number): Promise<void> {
  const bundle = room.bundle('parallel', ['true'])
  const containers = await Containers.open({ root: room.libraryRoot })
  const entrants = [
    { name: 'library', measure: () => library(containers, bundle) },
    ...room.contestants.map(({ name, line }) => ({
      name,
      measure: () =>
        Promise.resolve(timeTogether(room.timer, WIDTH, PER_ROUND, [...line, 'run', '--bundle', bundle, `teu-bench-${name}-%d`])),
    })),
    ...room.floors(bundle).map(({ name, line }) => ({
      name,
      measure: () => Promise.resolve(timeTogether(room.timer, WIDTH, PER_ROUND, line)),
    })),
  ]
  const samples = new Map<string, number[]>(entrants.map(({ name }) => [name, []]))
  for (let round = -1; round < rounds; round++) {
    for (const { name, measure } of entrants) {
      const time = await measure()
      if (round >= 0) samples.get(name)?.push(PER_ROUND / (time / 1000))
    }
  }
  const rates = [...samples].map(([name, perSecond]) => ({ name, ...summarise(perSecond) }))
  const crun = rates.find(({ name }) => name === 'crun')?.median ?? Number.NaN
  const rows = rates.map(({ name, median, p10, p90 }) => [
    name,
    median.toFixed(0),
    p10.toFixed(0),
    p90.toFixed(0),
    `${(median / crun).toFixed(2)}x`,
  ])
  console.log(`\n${WIDTH} at a time, ${rounds} rounds of ${PER_ROUND}, containers per second`)
  console.log(table(['', 'median', 'p10', 'p90', 'to crun'], rows))
}
