/** `run` of busybox `true`: the library in a running process, each command line, and what the kernel takes in any case; in turns, so that all
 *  meet the same machine. */

import { Containers, run } from 'teu'
import type { BenchRoom } from './bench-room.ts'
import { compare } from './compare.ts'
import { Timer } from './timer.ts'

/** Measures and prints. */
export async function benchRun(room: BenchRoom, rounds: number): Promise<void> {
  const bundle = room.bundle('run', ['true'])
  const containers = await Containers.open({ root: room.libraryRoot })
  const timers = [
    ...room.contestants.map(({ name, line }) => ({
      name: `${name} run`,
      timer: new Timer(room.timer, [...line, 'run', '--bundle', bundle, `teu-bench-${name}`]),
    })),
    ...room.floors(bundle).map(({ name, line }) => ({ name, timer: new Timer(room.timer, line) })),
  ]
  try {
    const library = async (): Promise<number> => {
      const start = performance.now()
      const { exitCode } = await run({ bundle, stdio: 'null', containers })
      const time = performance.now() - start
      if (exitCode !== 0) throw new Error(`the library's run ended with ${exitCode}`)
      return time
    }
    const lines = timers.map(({ name, timer }) => ({ name, measure: () => timer.run() }))
    await compare('run of true', rounds, [{ name: 'library run', measure: library }, ...lines])
  } finally {
    for (const { timer } of timers) await timer[Symbol.asyncDispose]()
  }
}
