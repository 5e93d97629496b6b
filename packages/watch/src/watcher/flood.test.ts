import { expect, it } from 'vitest'
import { ScriptedEngine } from '../testing/scripted-engine.ts'
import { pictureOf, settle } from '../testing/told.ts'
import { Watcher } from './watcher.ts'

/** More than may wait for an inspection, and more than is remembered while a list is on its way. */
const [STARTS, ENDS] = [6_000, 10_500]

async function watched(engine: ScriptedEngine): Promise<Watcher> {
  const watcher = new Watcher(engine, { backoff: () => 1 })
  watcher.watch().catch(() => undefined)
  await watcher.ready()
  return watcher
}

it('a flood of starts while inspections hang is bounded, and a list tells the truth afterwards', async () => {
  const engine = new ScriptedEngine()
  await using watcher = await watched(engine)
  const held = Array.from({ length: 8 }, () => engine.hold('inspect'))
  for (let n = 0; n < STARTS; n++) engine.emit({ type: 'started', id: `nobody${n}`, timestamp: new Date() })
  engine.start('a')
  await Promise.all(held.map(({ reached }) => reached))
  await settle()
  // What was refused is in a list, while all inspections still hang.
  while (watcher.portfolio.size === 0) await settle()
  expect(pictureOf(watcher.portfolio)).toEqual(engine.picture())
  for (const one of held) one.release()
  engine.start('b')
  while (watcher.portfolio.size < 2) await settle()
  const inspections = engine.calls.filter((call) => call === 'inspect').length
  expect(inspections).toBeLessThan(STARTS - 1_000)
  expect(pictureOf(watcher.portfolio)).toEqual(engine.picture())
})

it('a flood of exits and pauses while a list hangs costs no container', async () => {
  const engine = new ScriptedEngine()
  for (const id of ['a', 'b']) engine.start(id)
  await using watcher = await watched(engine)
  const listed = engine.hold('listed')
  const refreshed = watcher.refresh()
  await listed.reached
  for (let n = 0; n < ENDS; n++) {
    engine.emit({ type: 'exited', id: `nobody${n}`, timestamp: new Date(0) })
    engine.emit({ type: 'paused', id: `nobody${n}`, timestamp: new Date(0) })
  }
  for (let pid = 1_000; pid < 1_300; pid++) engine.emit({ type: 'exited', id: 'a', timestamp: new Date(0), pid })
  engine.pause('b')
  await settle()
  listed.release()
  await refreshed
  while (watcher.portfolio.container('b')?.paused !== true) await settle()
  expect(pictureOf(watcher.portfolio)).toEqual(engine.picture())
})
