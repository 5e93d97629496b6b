/** `exec` of busybox `true` in a running container: the library, and each command line, in turns. */

import { execFileSync } from 'node:child_process'
import { Containers } from 'teu'
import type { BenchRoom } from './bench-room.ts'
import { compare } from './compare.ts'
import { Timer } from './timer.ts'

/** Measures and prints. */
export async function benchExec(room: BenchRoom, rounds: number): Promise<void> {
  const bundle = room.bundle('exec', ['sleep', '100000'])
  const containers = await Containers.open({ root: room.libraryRoot })
  const names = room.contestants.map((contestant) => ({ ...contestant, id: `teu-bench-exec-${contestant.name}` }))
  for (const { line, id } of names)
    execFileSync(line[0] ?? '', [...line.slice(1), 'run', '--detach', '--bundle', bundle, id], { stdio: 'ignore' })
  const container = await containers.create('teu-bench-exec-library', { bundle, stdio: 'null' })
  await container.start()
  const timers = names.map(({ name, line, id }) => ({ name, timer: new Timer(room.timer, [...line, 'exec', id, 'true']) }))
  try {
    const library = async (): Promise<number> => {
      const start = performance.now()
      const process = await container.exec({ args: ['true'], stdio: 'null' })
      const { exitCode } = await process.wait()
      const time = performance.now() - start
      if (exitCode !== 0) throw new Error(`the library's exec ended with ${exitCode}`)
      return time
    }
    const lines = timers.map(({ name, timer }) => ({ name: `${name} exec`, measure: () => timer.run() }))
    await compare('exec of true', rounds, [{ name: 'library exec', measure: library }, ...lines])
  } finally {
    for (const { timer } of timers) await timer[Symbol.asyncDispose]()
    for (const { line, id } of names) execFileSync(line[0] ?? '', [...line.slice(1), 'delete', '--force', id], { stdio: 'ignore' })
    await container.destroy({ force: true })
  }
}
