import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { ScriptedEngine } from '../testing/scripted-engine.ts'
import { settle } from '../testing/told.ts'
import { Watcher } from './watcher.ts'

const { Bun } = globalThis as { Bun?: { gc(force: boolean): void } }
setFlagsFromString('--expose-gc')
const collectGarbage = Bun === undefined ? (runInNewContext('gc') as () => void) : () => Bun.gc(true)

function heapMiB(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed / 1024 / 1024
}

it('memory is flat, whether somebody reads the events or not', async () => {
  const engine = new ScriptedEngine()
  await using watcher = new Watcher(engine)
  void watcher.watch()
  await watcher.ready()
  const idle = watcher.events()
  let read = 0
  watcher.tap((events) => (read += events.length))
  const live = async (from: number, to: number): Promise<void> => {
    for (let n = from; n < to; n++) {
      engine.start(`c${n}`)
      await new Promise((resolve) => setImmediate(resolve))
      engine.pause(`c${n}`)
      engine.die(`c${n}`)
      engine.exitCodes.clear()
      engine.calls.length = 0
    }
    await settle()
  }
  await live(0, 2_000)
  const before = heapMiB()
  await live(2_000, 12_000)
  expect(read).toBeGreaterThan(20_000)
  expect(heapMiB() - before).toBeLessThan(2)
  expect((await idle.next()).value).toMatchObject({ type: 'synced' })
})
