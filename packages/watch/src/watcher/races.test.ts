import { describe, expect, it } from 'vitest'
import { ScriptedEngine } from '../testing/scripted-engine.ts'
import { brief, pictureOf, settle } from '../testing/told.ts'
import { Watcher } from './watcher.ts'

const atOnce = { backoff: () => 0 }

/** A watcher that has subscribed and waits for its list, everything it tells, and the list's release. */
async function whileListing(engine: ScriptedEngine, during: () => void | Promise<void>): Promise<{ told: string[]; picture: string[] }> {
  const watcher = new Watcher(engine, atOnce)
  const told: string[] = []
  watcher.tap((events) => told.push(...events.map(brief)))
  const listed = engine.hold('listed')
  const watching = watcher.watch()
  await listed.reached
  await during()
  await settle()
  listed.release()
  await watcher.ready()
  await settle()
  const picture = pictureOf(watcher.portfolio)
  await watcher[Symbol.asyncDispose]()
  await watching
  expect(engine.connections).toBe(0)
  return { told, picture }
}

describe('while the list is on its way', () => {
  it('a container that is listed and whose start is heard is born once', async () => {
    const engine = new ScriptedEngine()
    engine.start('a')
    engine.replay = 1
    const { told, picture } = await whileListing(engine, () => void engine.start('b'))
    expect(told.filter((one) => one.startsWith('started')).sort()).toEqual(['started a', 'started b'])
    expect(picture).toEqual(engine.picture())
  })

  it('a death after the listing wins over the list', async () => {
    const engine = new ScriptedEngine()
    engine.start('a')
    expect(await whileListing(engine, () => engine.die('a', 3))).toEqual({ told: ['synced'], picture: [] })
  })

  it('a death and a rebirth of the same id: the new process counts', async () => {
    const engine = new ScriptedEngine()
    engine.start('a')
    const { told, picture } = await whileListing(engine, () => {
      engine.die('a')
      engine.start('a')
    })
    expect(told).toEqual(['started a', 'synced'])
    expect(picture).toEqual(engine.picture())
    expect(picture).toEqual(['a 101 a'])
  })

  it('two deaths of the same id leave nothing of what was listed before', async () => {
    const engine = new ScriptedEngine()
    engine.exitsHavePids = true
    engine.start('a')
    const lives = (): void => {
      engine.die('a')
      engine.start('a')
      engine.die('a')
    }
    expect(await whileListing(engine, lives)).toEqual({ told: ['synced'], picture: [] })
  })

  it('a late exit of an earlier process does not take the pause away', async () => {
    const engine = new ScriptedEngine()
    engine.exitsHavePids = true
    const { pid } = engine.start('a')
    engine.die('a')
    engine.start('a')
    await using watcher = new Watcher(engine, atOnce)
    void watcher.watch()
    await watcher.ready()
    const listed = engine.hold('listed')
    const refreshed = watcher.refresh()
    await listed.reached
    engine.pause('a')
    engine.emit({ type: 'exited', id: 'a', pid, timestamp: new Date() })
    await settle()
    listed.release()
    await refreshed
    expect(pictureOf(watcher.portfolio)).toEqual(engine.picture())
  })

  it('a pause is newer than the list', async () => {
    const engine = new ScriptedEngine()
    engine.start('a')
    const { told, picture } = await whileListing(engine, () => engine.pause('a'))
    expect(told).toEqual(['started a', 'synced'])
    expect(picture).toEqual(['a 100 a paused'])
  })

  it('a pause and its end leave nothing', async () => {
    const engine = new ScriptedEngine()
    engine.start('a')
    const { told, picture } = await whileListing(engine, () => {
      engine.pause('a')
      engine.pause('a', false)
    })
    expect(told).toEqual(['started a', 'synced'])
    expect(picture).toEqual(['a 100 a'])
  })

  it('whoever is born again does not inherit the pause', async () => {
    const engine = new ScriptedEngine()
    engine.start('a')
    const { picture } = await whileListing(engine, () => {
      engine.pause('a')
      engine.die('a')
      engine.start('a')
    })
    expect(picture).toEqual(['a 101 a'])
  })

  it('the pause of a container that nobody knows is dropped, and does not come back', async () => {
    const engine = new ScriptedEngine()
    const { told, picture } = await whileListing(engine, async () => {
      engine.emit({ type: 'paused', id: 'ghost', timestamp: new Date() })
      await settle()
    })
    expect({ told, picture }).toEqual({ told: ['synced'], picture: [] })
  })

  it('a new name that is heard is not undone by the list', async () => {
    const engine = new ScriptedEngine()
    engine.start('a')
    const { picture } = await whileListing(engine, () => engine.rename('a', 'b'))
    expect(picture).toEqual(['a 100 b'])
  })

  it('an old exit that is replayed does not end the process that came after', async () => {
    const engine = new ScriptedEngine()
    engine.start('a')
    engine.die('a')
    engine.start('a')
    engine.replay = 3
    const { told, picture } = await whileListing(engine, () => undefined)
    expect(told).toEqual(['started a', 'synced'])
    expect(picture).toEqual(['a 101 a'])
  })
})

/** A watcher with a complete picture. */
async function watching(engine: ScriptedEngine): Promise<{ watcher: Watcher; told: string[] } & AsyncDisposable> {
  const watcher = new Watcher(engine, atOnce)
  const run = watcher.watch()
  await watcher.ready()
  const told: string[] = []
  watcher.tap((events) => told.push(...events.map(brief)))
  return {
    watcher,
    told,
    async [Symbol.asyncDispose]() {
      await watcher[Symbol.asyncDispose]()
      await run
    },
  }
}

describe('afterwards', () => {
  it('tells of births, pauses, names and ends, in order', async () => {
    const engine = new ScriptedEngine()
    await using session = await watching(engine)
    engine.start('a')
    await settle()
    engine.pause('a')
    engine.pause('a', false)
    await settle()
    engine.rename('a', 'b')
    await settle()
    engine.die('a', 7)
    await settle()
    expect(session.told).toEqual(['started a', 'paused a', 'unpaused a', 'updated b', 'exited b (7)'])
  })

  it('doubled events change nothing', async () => {
    const engine = new ScriptedEngine()
    await using session = await watching(engine)
    engine.start('a')
    engine.emit({ type: 'started', id: 'a', timestamp: new Date() })
    await settle()
    for (let n = 0; n < 2; n++) engine.pause('a')
    for (let n = 0; n < 2; n++) engine.emit({ type: 'started', id: 'a', timestamp: new Date() })
    await settle()
    engine.lives.delete('a')
    for (let n = 0; n < 2; n++) engine.emit({ type: 'exited', id: 'a', timestamp: new Date(), exitCode: 1 })
    await settle()
    expect(session.told).toEqual(['started a', 'paused a', 'exited a (1)'])
  })

  it('the exit of a short-lived container wins over its inspection', async () => {
    const engine = new ScriptedEngine()
    await using session = await watching(engine)
    const inspected = engine.hold('inspected')
    engine.start('a')
    await inspected.reached
    engine.die('a')
    await settle()
    inspected.release()
    await settle()
    expect(session.told).toEqual([])
    expect(session.watcher.portfolio.size).toBe(0)
  })

  it('death and rebirth while an inspection hangs: the new process is found', async () => {
    const engine = new ScriptedEngine()
    await using session = await watching(engine)
    const inspected = engine.hold('inspected')
    engine.start('a')
    await inspected.reached
    engine.die('a')
    engine.start('a')
    await settle()
    inspected.release()
    await settle()
    expect(session.told).toEqual(['started a'])
    expect(pictureOf(session.watcher.portfolio)).toEqual(engine.picture())
  })

  it('a pause while an inspection hangs is newer than its result', async () => {
    const engine = new ScriptedEngine()
    await using session = await watching(engine)
    const inspected = engine.hold('inspected')
    engine.start('a')
    await inspected.reached
    engine.pause('a')
    await settle()
    inspected.release()
    await settle()
    expect(pictureOf(session.watcher.portfolio)).toEqual(['a 100 a paused'])
  })

  it('an inspection that hangs does not hold up other containers', async () => {
    const engine = new ScriptedEngine()
    await using session = await watching(engine)
    const inspect = engine.hold('inspect')
    engine.start('a')
    await inspect.reached
    engine.start('b')
    await settle()
    expect(session.told).toEqual(['started b'])
    inspect.release()
    await settle()
    expect(session.told).toEqual(['started b', 'started a'])
  })

  it('an inspection that fails is repeated', async () => {
    const engine = new ScriptedEngine()
    await using session = await watching(engine)
    const inspect = engine.hold('inspect')
    engine.start('a')
    await inspect.reached
    inspect.fail(new Error('the shim hangs'))
    await settle()
    expect(session.told).toEqual([])
    // Any news of the container cuts the pause short.
    engine.emit({ type: 'started', id: 'a', timestamp: new Date() })
    await settle()
    expect(session.told).toEqual(['started a'])
  })

  it('an exit of another pid is that of an earlier process', async () => {
    const engine = new ScriptedEngine()
    await using session = await watching(engine)
    const { pid } = engine.start('a')
    await settle()
    engine.emit({ type: 'exited', id: 'a', timestamp: new Date(), pid: pid - 1 })
    await settle()
    expect(session.told).toEqual(['started a'])
  })

  it.each([
    ['of pid 0', { timestamp: new Date(), pid: 0 }],
    ['from before the start', { timestamp: new Date(0) }],
  ])('an exit %s is believed only when the engine confirms it', async (_, exit) => {
    const engine = new ScriptedEngine()
    await using session = await watching(engine)
    engine.start('a')
    await settle()
    engine.emit({ type: 'exited', id: 'a', ...exit })
    await settle()
    expect(session.told).toEqual(['started a'])
    engine.lives.delete('a')
    engine.exitCodes.set('a', 9)
    engine.emit({ type: 'exited', id: 'a', ...exit })
    await settle()
    expect(session.told).toEqual(['started a', 'exited a (9)'])
  })

  it('an exit of nobody is ignored', async () => {
    const engine = new ScriptedEngine()
    await using session = await watching(engine)
    engine.emit({ type: 'exited', id: 'ghost', timestamp: new Date() })
    engine.emit({ type: 'updated', id: 'ghost', timestamp: new Date() })
    await settle()
    expect(session.told).toEqual([])
  })
})
