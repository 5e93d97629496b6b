import { describe, expect, it, vi } from 'vitest'
import { ScriptedEngine } from '../testing/scripted-engine.ts'
import { brief, Follower, settle } from '../testing/told.ts'
import { watchAll } from './merged-watcher.ts'
import { exponentialBackoff } from '../watcher/backoff.ts'

const named = (address: string, id: string): ScriptedEngine => new ScriptedEngine(`unix:///${address}`, id)

const soon = { newBackoff: () => () => 1 }

describe('watchAll()', () => {
  it('shows all engines as one, to everybody in the same order', async () => {
    const [one, two] = [named('one', '1'), named('two', '2')]
    one.start('a', { 'com.docker.compose.project': 'shop' })
    two.start('b', { 'com.docker.compose.project': 'shop', tier: 'db' })
    await using all = watchAll({ engines: [one, two], ...soon })
    const told: string[][] = [[], []]
    const follower = new Follower()
    const readers = told.map(async (list) => {
      for await (const event of all.events()) {
        list.push(brief(event))
        if (list === told[0]) follower.see(event)
      }
    })
    await all.ready()
    one.start('b')
    await settle()
    two.die('b')
    one.pause('a')
    await settle()
    expect(all.portfolio.project('shop')?.containerNames()).toEqual(['a'])
    expect(all.portfolio.size).toBe(2)
    expect(all.snapshot({ label: 'tier' }).size).toBe(0)
    expect([...all.snapshot({ engine: 'unix:///one', name: 'b' })].map(({ id }) => id)).toEqual(['b'])
    expect(all.watchers.map(({ api }) => api)).toEqual(['unix:///one', 'unix:///two'])
    const late = all.events()
    const replayed: string[] = []
    for (let n = 0; n < 4; n++) {
      const { value } = await late.next()
      if (value !== undefined) replayed.push(brief(value))
    }
    expect(replayed).toEqual(['started a', 'started b', 'synced', 'synced'])
    await late.return?.()
    await all[Symbol.asyncDispose]()
    await Promise.all(readers)
    expect(told[0]).toEqual(told[1])
    expect(told[0]?.toSorted()).toEqual(['started a', 'started b', 'started b', 'synced', 'synced', 'exited b (0)', 'paused a'].toSorted())
    expect(follower.picture()).toHaveLength(2)
    expect([one.connections, two.connections, one.disposed, two.disposed]).toEqual([0, 0, 1, 1])
  })

  it('refuses two clients of one address, which is what containers are told apart by, before anything is watched', () => {
    const [one, two] = [named('one', '1'), named('one', '2')]
    expect(() => watchAll({ engines: [one, two] })).toThrow(expect.objectContaining({ code: 'ERR_TEU_USAGE' }))
    expect(() => watchAll({ engines: ['/run/docker.sock', named('run/docker.sock', '')] })).toThrow('twice')
    expect([one.calls, two.calls]).toEqual([[], []])
  })

  it('takes the same engine twice for once', async () => {
    const one = named('one', '1')
    await using all = watchAll({ engines: [one, one, '/nowhere/docker.sock', 'unix:///nowhere/docker.sock'], ...soon })
    expect(all.watchers.map(({ api }) => api)).toEqual(['unix:///one', 'unix:///nowhere/docker.sock'])
  })

  it.each(['is aborted', 'has been aborted'])('closes all connections when its signal %s, as a disposal does', async (when) => {
    const abort = new AbortController()
    const [one, two] = [named('one', '1'), named('two', '2')]
    if (when === 'has been aborted') abort.abort()
    const all = watchAll({ engines: [one, two], signal: abort.signal, ...soon })
    if (!abort.signal.aborted) await all.ready()
    abort.abort()
    await vi.waitFor(() => expect([one.disposed, two.disposed]).toEqual([1, 1]))
    await all[Symbol.asyncDispose]()
    expect([one.disposed, two.disposed]).toEqual([1, 1])
  })

  it('an engine that is there twice is shown once', async () => {
    const [one, twin] = [named('one', 'same'), named('twin', 'same')]
    for (const engine of [one, twin]) engine.start('a')
    await using all = watchAll({ engines: [one, twin], ...soon })
    const told: string[] = []
    for (const type of ['started', 'exited', 'synced', 'lost'] as const) all.on(type, (event) => told.push(brief(event)))
    await all.ready()
    await settle()
    expect(told).toEqual(['started a', 'synced'])
    expect(all.watchers.map(({ api }) => api)).toEqual(['unix:///one'])
    expect([...all.portfolio].map(({ id }) => id)).toEqual(['a'])
    await all[Symbol.asyncDispose]()
    expect([one.disposed, twin.disposed]).toEqual([1, 1])
  })

  it('an engine that cannot be reached does not hold up the others', async () => {
    const [one, two] = [named('one', '1'), named('two', '2')]
    two.down = true
    two.start('b')
    await using all = watchAll({ engines: [one, two], ...soon })
    const told: string[] = []
    for (const type of ['started', 'synced', 'lost'] as const) all.on(type, (event) => told.push(`${brief(event)} at ${event.engine.api}`))
    await all.ready()
    expect(told.toSorted()).toEqual(['lost at unix:///two', 'synced at unix:///one'])
    two.down = false
    while (all.portfolio.size === 0) await settle()
    expect(told).toContain('started b at unix:///two')
  })

  it('an engine that is given up leaves, and takes its containers along', async () => {
    const one = named('one', '1')
    one.start('a')
    await using all = watchAll({ engines: [one], newBackoff: () => exponentialBackoff({ minMs: 1, giveUpAfter: 2 }) })
    const follower = new Follower()
    const told: string[] = []
    for (const type of ['started', 'exited', 'synced', 'lost'] as const) {
      all.on(type, (event) => {
        told.push(brief(event))
        follower.see(event)
      })
    }
    await all.ready()
    one.down = true
    one.cut()
    while (all.watchers.length > 0) await settle()
    expect(told).toEqual(['started a', 'synced', 'lost', 'exited a'])
    expect(all.portfolio.size).toBe(0)
  })

  it('ends a loop without an error when the signal is aborted, with everything closed', async () => {
    const one = named('one', '1')
    const abort = new AbortController()
    const told: string[] = []
    for await (const event of watchAll({ engines: [one], signal: abort.signal })) {
      told.push(brief(event))
      abort.abort()
    }
    expect(told).toEqual(['synced'])
    expect([one.connections, one.disposed]).toEqual([0, 1])
  })

  it('is closed at the end of a loop over itself', async () => {
    const one = named('one', '1')
    const all = watchAll({ engines: [one] })
    for await (const event of all) {
      expect(brief(event)).toBe('synced')
      break
    }
    expect([one.connections, one.disposed]).toEqual([0, 1])
    expect((await all.events({ replay: false }).next()).done).toBe(true)
  })

  it('can be aborted from the beginning, and checks its options', async () => {
    await using all = watchAll({ engines: [named('one', '1')], signal: AbortSignal.abort() })
    await expect(all.ready()).rejects.toMatchObject({ code: 'ERR_TEU_INVALID_STATE' })
    expect(() => watchAll({ discoverIntervalMs: 0 })).toThrow(RangeError)
    expect(() => watchAll({ engines: ['http://x'] })).toThrow(expect.objectContaining({ code: 'ERR_TEU_UNSUPPORTED' }))
  })
})
