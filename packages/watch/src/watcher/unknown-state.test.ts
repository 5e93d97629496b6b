import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ScriptedEngine } from '../testing/scripted-engine.ts'
import { brief, pictureOf, settle } from '../testing/told.ts'
import { Watcher } from './watcher.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})

afterEach(() => {
  vi.useRealTimers()
})

/** A watcher that has seen containers `a` and `b`. */
async function watchedPair(): Promise<{ engine: ScriptedEngine; watcher: Watcher; told: string[] }> {
  const engine = new ScriptedEngine()
  engine.exitsHavePids = true
  engine.start('a')
  engine.start('b')
  const watcher = new Watcher(engine, { backoff: () => 0 })
  void watcher.watch()
  await watcher.ready()
  const told: string[] = []
  watcher.tap((events) => told.push(...events.map(brief)))
  engine.calls.length = 0
  return { engine, watcher, told }
}

const inspections = (engine: ScriptedEngine): number => engine.calls.filter((step) => step === 'inspect').length

describe('containers of which the engine cannot tell whether they are alive', () => {
  it('are kept as they were, and inspected again after 1, 5 and 30 seconds', async () => {
    const { engine, watcher, told } = await watchedPair()
    engine.unknown.add('a')
    await watcher.refresh()
    expect([told, inspections(engine)]).toEqual([['synced'], 0])
    for (const [ms, count] of [
      [999, 0],
      [1, 1],
      [5_000, 2],
      [29_999, 2],
      [1, 3],
      [30_000, 4],
    ] as const) {
      await vi.advanceTimersByTimeAsync(ms)
      await settle()
      expect(inspections(engine)).toBe(count)
    }
    expect([told, watcher.portfolio.size]).toEqual([['synced'], 2])
    engine.unknown.clear()
    engine.lives.delete('a')
    await vi.advanceTimersByTimeAsync(30_000)
    await settle()
    expect(inspections(engine)).toBe(5)
    expect(told).toEqual(['synced', 'exited a'])
    await watcher.refresh()
    expect(told).toEqual(['synced', 'exited a', 'synced'])
    await watcher[Symbol.asyncDispose]()
  })

  it('that were not known before appear when the engine can tell again', async () => {
    const engine = new ScriptedEngine()
    engine.start('a')
    engine.unknown.add('a')
    await using watcher = new Watcher(engine)
    void watcher.watch()
    await watcher.ready()
    expect(watcher.portfolio.size).toBe(0)
    engine.unknown.clear()
    await vi.advanceTimersByTimeAsync(1_000)
    await settle()
    expect(pictureOf(watcher.portfolio)).toEqual(engine.picture())
  })

  it('are inspected at once when something is heard of them', async () => {
    const { engine, watcher, told } = await watchedPair()
    engine.unknown.add('a').add('b')
    await watcher.refresh()
    engine.unknown.clear()
    engine.pause('a')
    engine.die('b', 137)
    await settle()
    expect(told).toEqual(['synced', 'exited b (137)', 'paused a'])
    expect(pictureOf(watcher.portfolio)).toEqual(engine.picture())
    await watcher[Symbol.asyncDispose]()
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('containers that a list leaves out', () => {
  it('are gone only when an inspection says so', async () => {
    const { engine, watcher, told } = await watchedPair()
    engine.start('c')
    await settle()
    engine.leftOut.add('a').add('b')
    const listed = engine.hold('listed')
    const refreshed = watcher.refresh()
    await listed.reached
    engine.unknown.add('b')
    engine.lives.delete('c')
    engine.leftOut.add('c')
    listed.release()
    await refreshed
    // c was listed; nothing has told of its end.
    expect(told).toEqual(['started c', 'synced'])
    expect(pictureOf(watcher.portfolio)).toHaveLength(3)
    await watcher.refresh()
    expect(told).toEqual(['started c', 'synced', 'exited c', 'synced'])
    await watcher[Symbol.asyncDispose]()
  })
})

describe('a subscription of which nobody can tell when it stands', () => {
  it('makes the watcher list once more', async () => {
    const engine = new ScriptedEngine()
    engine.unsureForMs = 1_000
    await using watcher = new Watcher(engine)
    void watcher.watch()
    await watcher.ready()
    await vi.advanceTimersByTimeAsync(1_000)
    await settle()
    expect(engine.calls.filter((step) => step === 'list')).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(100_000)
    expect(engine.calls.filter((step) => step === 'list')).toHaveLength(2)
    expect(watcher.state).toBe('watching')
  })
})
