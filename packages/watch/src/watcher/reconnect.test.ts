import { describe, expect, it } from 'vitest'
import { type Step, ScriptedEngine } from '../testing/scripted-engine.ts'
import { brief, Follower, pictureOf, settle } from '../testing/told.ts'
import { exponentialBackoff } from './backoff.ts'
import { Watcher, type WatcherState } from './watcher.ts'

const soon = { backoff: () => 1 }

async function synced(watcher: Watcher, times: number = 1): Promise<void> {
  for (let n = 0; n < times; n++) {
    await new Promise<void>((resolve) => {
      const stop = watcher.on('synced', () => {
        stop()
        resolve()
      })
    })
  }
}

describe('an engine that goes and comes back', () => {
  it('is compared with what was known: no event for survivors, one for each difference', async () => {
    const engine = new ScriptedEngine()
    for (const id of ['stays', 'dies', 'restarts', 'pauses', 'renames']) engine.start(id)
    engine.start('unpauses')
    engine.pause('unpauses')
    await using watcher = new Watcher(engine, soon)
    const watching = watcher.watch()
    await watcher.ready()
    const told: string[] = []
    watcher.tap((events) => told.push(...events.map(brief)))

    engine.down = true
    engine.cut()
    engine.die('dies', 4)
    engine.die('restarts')
    engine.start('restarts')
    engine.pause('pauses')
    engine.pause('unpauses', false)
    engine.rename('renames', 'renamed')
    engine.start('born')
    await settle()
    expect(watcher.state).toBe('backoff')
    // The old picture is what there is.
    expect(watcher.portfolio.container('dies')?.id).toBe('dies')

    engine.down = false
    await synced(watcher)
    expect(told[0]).toBe('lost')
    expect(told.at(-1)).toBe('synced')
    expect(told.slice(1, -1).sort()).toEqual(
      [
        'exited dies (4)',
        'exited restarts',
        'paused pauses',
        'started born',
        'started restarts',
        'unpaused unpauses',
        'updated renamed',
      ].sort(),
    )
    expect(told.indexOf('exited restarts')).toBeLessThan(told.indexOf('started restarts'))
    expect(pictureOf(watcher.portfolio)).toEqual(engine.picture())
    await watcher[Symbol.asyncDispose]()
    await watching
  })

  it('an exit that is heard during the new list, of a container that only the old picture had, is told once', async () => {
    const engine = new ScriptedEngine()
    engine.start('a')
    await using watcher = new Watcher(engine, soon)
    void watcher.watch()
    await watcher.ready()
    const told: string[] = []
    watcher.tap((events) => told.push(...events.map(brief)))
    const list = engine.hold('list')
    engine.cut()
    await list.reached
    engine.die('a', 5)
    await settle()
    list.release()
    await synced(watcher)
    expect(told).toEqual(['lost', 'exited a (5)', 'synced'])
  })

  it.each<Step>(['attempt', 'subscribe', 'list', 'listed'])('a failure at "%s" is tried again', async (step) => {
    const engine = new ScriptedEngine()
    engine.start('a')
    await using watcher = new Watcher(engine, soon)
    const told: string[] = []
    watcher.tap((events) => told.push(...events.map(brief)))
    const held = engine.hold(step)
    void watcher.watch()
    await held.reached
    held.fail(new Error('no'))
    await watcher.ready()
    expect(told).toEqual(['lost', 'started a', 'synced'])
    expect(watcher.lastError).toBeUndefined()
    expect(engine.connections).toBe(1)
  })

  it.each<Step>(['list', 'listed', 'inspect', 'inspected'])('a stream that is lost at "%s" leads to a true picture', async (step) => {
    const engine = new ScriptedEngine()
    engine.start('a')
    await using watcher = new Watcher(engine, soon)
    const follower = new Follower()
    watcher.tap((events) => events.forEach((event) => follower.see(event)))
    const held = engine.hold(step)
    const listed = step.startsWith('inspect') ? engine.hold('listed') : undefined
    void watcher.watch()
    if (listed !== undefined) {
      await listed.reached
      engine.start('b')
    }
    await held.reached
    engine.cut()
    engine.die('a')
    engine.start('c')
    await watcher.ready()
    expect(pictureOf(watcher.portfolio)).toEqual(engine.picture())
    expect(follower.picture()).toEqual(engine.picture())
  })

  it('is waited for when it is not there at the start', async () => {
    const engine = new ScriptedEngine()
    engine.down = true
    const failures: number[] = []
    await using watcher = new Watcher(engine, { backoff: ({ attempt }) => failures.push(attempt) && 1 })
    const told: string[] = []
    watcher.tap((events) => told.push(...events.map(brief)))
    void watcher.watch()
    while (failures.length < 3) await settle()
    expect(told).toEqual(['lost'])
    expect(watcher.lastError).toMatchObject({ code: 'ERR_TEU_SYSTEM', errno: 'ECONNREFUSED' })
    engine.down = false
    engine.start('a')
    await watcher.ready()
    expect(told).toEqual(['lost', 'started a', 'synced'])
    expect(failures.slice(0, 3)).toEqual([1, 2, 3])
  })

  it('is given up when the backoff says so: everybody who waits is told why', async () => {
    const engine = new ScriptedEngine()
    engine.down = true
    const watcher = new Watcher(engine, { backoff: exponentialBackoff({ minMs: 1, giveUpAfter: 2 }) })
    const events = watcher.events({ replay: false })
    const ready = watcher.ready()
    const refused = { code: 'ERR_TEU_SYSTEM', errno: 'ECONNREFUSED' }
    await expect(watcher.watch()).rejects.toMatchObject(refused)
    await expect(ready).rejects.toMatchObject(refused)
    expect((await events.next()).value).toMatchObject({ type: 'lost' })
    await expect(events.next()).rejects.toMatchObject(refused)
    expect(await events.next()).toMatchObject({ done: true })
    expect(watcher.state).toBe<WatcherState>('closed')
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('mine')
      },
      'mine',
    ],
    ['answers NaN', () => Number.NaN, 'got NaN'],
    ['answers a negative pause', () => -1, 'got -1'],
  ])('a backoff that %s ends the watcher, and everybody who waits is told', async (_, backoff, why) => {
    const engine = new ScriptedEngine()
    engine.down = true
    const watcher = new Watcher(engine, { backoff })
    const events = watcher.events()
    const ready = watcher.ready()
    await expect(watcher.watch()).rejects.toThrow(why)
    await expect(ready).rejects.toThrow(why)
    expect((await events.next()).value).toMatchObject({ type: 'lost' })
    await expect(events.next()).rejects.toThrow(why)
    expect(watcher.state).toBe<WatcherState>('closed')
    await watcher[Symbol.asyncDispose]()
  })

  it('refresh() waits for a list that is younger than the call', async () => {
    const engine = new ScriptedEngine()
    engine.start('a')
    await using watcher = new Watcher(engine, { backoff: () => 1 })
    watcher.watch().catch(() => undefined)
    await watcher.ready()
    const listed = engine.hold('listed')
    const first = watcher.refresh()
    await listed.reached
    // The engine has looked, and loses the event of what is born now.
    engine.lives.set('b', { pid: 999, paused: false, name: 'b', labels: {}, startedAt: new Date() })
    const second = watcher.refresh()
    listed.release()
    await first
    expect(watcher.portfolio.size).toBe(1)
    await second
    expect(pictureOf(watcher.portfolio)).toEqual(engine.picture())
  })

  it('refresh() finds what no event has told, and keeps what events tell meanwhile', async () => {
    const engine = new ScriptedEngine()
    engine.start('a')
    await using watcher = new Watcher(engine, soon)
    void watcher.watch()
    await watcher.ready()
    const told: string[] = []
    watcher.tap((events) => told.push(...events.map(brief)))
    engine.lives.delete('a')
    const listed = engine.hold('listed')
    const refreshed = watcher.refresh()
    await listed.reached
    engine.start('b')
    await settle()
    listed.release()
    await refreshed
    expect(told).toEqual(['started b', 'exited a', 'synced'])
    expect(engine.calls.filter((step) => step === 'subscribe')).toHaveLength(1)
  })

  it('resyncIntervalMs does the same by itself', async () => {
    const engine = new ScriptedEngine()
    engine.start('a')
    await using watcher = new Watcher(engine, { ...soon, resyncIntervalMs: 5 })
    void watcher.watch()
    await watcher.ready()
    engine.lives.delete('a')
    await synced(watcher, 2)
    expect(watcher.portfolio.size).toBe(0)
  })
})

describe('cancelling', () => {
  it.each<Step>(['attempt', 'subscribe', 'list', 'listed', 'inspect'])(
    'at "%s" leaves nothing, and rejects with the reason',
    async (step) => {
      const engine = new ScriptedEngine()
      const watcher = new Watcher(engine, soon)
      const abort = new AbortController()
      const reason = new Error('enough')
      const held = engine.hold(step)
      const watching = watcher.watch({ signal: abort.signal })
      if (step === 'inspect') {
        await watcher.ready()
        engine.start('a')
      }
      await held.reached
      const events = watcher.events({ replay: false })
      abort.abort(reason)
      await expect(watching).rejects.toBe(reason)
      expect(await events.next()).toMatchObject({ done: true })
      expect(engine.connections).toBe(0)
      expect(watcher.state).toBe('closed')
      await watcher[Symbol.asyncDispose]()
      expect(engine.disposed).toBe(1)
    },
  )

  it('during a pause between two attempts ends at once', async () => {
    const engine = new ScriptedEngine()
    engine.down = true
    const watcher = new Watcher(engine, { backoff: () => 1_000_000 })
    const watching = watcher.watch()
    await settle()
    expect(watcher.state).toBe('backoff')
    await watcher[Symbol.asyncDispose]()
    await watching
  })

  it('ready() and refresh() can be abandoned', async () => {
    const watcher = new Watcher(new ScriptedEngine())
    const reason = new Error('enough')
    await expect(watcher.ready({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    await expect(watcher.refresh({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })

  it('a watcher that is disposed before it was begun is closed', async () => {
    const watcher = new Watcher(new ScriptedEngine())
    await watcher[Symbol.asyncDispose]()
    await expect(watcher.ready()).rejects.toMatchObject({ code: 'ERR_TEU_INVALID_STATE' })
    await expect(watcher.watch()).rejects.toMatchObject({ code: 'ERR_TEU_INVALID_STATE', from: 'closed' })
  })
})

describe('exponentialBackoff()', () => {
  it('doubles up to its limit, and starts over after health', () => {
    const backoff = exponentialBackoff({ random: () => 0 })
    const pauses = Array.from({ length: 9 }, (_, n) => backoff({ attempt: n + 1, error: undefined, healthyMs: 0 }))
    expect(pauses).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000])
    expect(backoff({ attempt: 10, error: undefined, healthyMs: 999 })).toBe(10_000)
    expect(backoff({ attempt: 11, error: undefined, healthyMs: 1_000 })).toBe(100)
  })

  it('is shorter by up to a quarter, at random', () => {
    expect(exponentialBackoff({ random: () => 1 })({ attempt: 1, error: undefined, healthyMs: 0 })).toBe(75)
  })

  it('refuses pauses that are none', () => {
    for (const wrong of [{ minMs: 0 }, { minMs: Number.NaN }, { maxMs: -1 }]) expect(() => exponentialBackoff(wrong)).toThrow(RangeError)
  })
})
