import { describe, expect, it, vi } from 'vitest'
import { silent } from '../logger.ts'
import { ENGINE, someConnectionEvent, someContainer, someEvent } from '../testing/containers.ts'
import { brief } from '../testing/told.ts'
import { Broadcast, type EventOptions } from './broadcast.ts'
import type { FilterRules } from './filter.ts'
import type { WatchEvent } from './watch-event.ts'

const started = (id: string): WatchEvent => someEvent('started', someContainer(id))
const nothing = (): WatchEvent[] => []

async function collect(events: AsyncIterable<WatchEvent>): Promise<string[]> {
  const told: string[] = []
  for await (const event of events) told.push(brief(event))
  return told
}

describe('subscribers', () => {
  it('get what is known, and then everything, each for itself', async () => {
    const broadcast = new Broadcast(silent)
    const all = collect(broadcast.subscribe(() => [started('a')]))
    const fresh = collect(broadcast.subscribe(() => [started('a')], { replay: false }))
    broadcast.publish([started('b'), started('c')])
    broadcast.end('done')
    expect(await all).toEqual(['started a', 'started b', 'started c'])
    expect(await fresh).toEqual(['started b', 'started c'])
    expect(await collect(broadcast.subscribe(() => [started('late')]))).toEqual(['started late'])
  })

  it('that are too slow end with an error if they want to; others are not affected', async () => {
    const broadcast = new Broadcast(silent)
    const strict = broadcast.subscribe(nothing, { overflow: 'error', capacity: 1 })
    const lax = broadcast.subscribe(nothing, { capacity: 1 })
    for (const id of ['a', 'b', 'c']) broadcast.publish([started(id)])
    await expect(strict.next()).rejects.toMatchObject({ code: 'ERR_TEU_OVERFLOW' })
    expect(await strict.next()).toMatchObject({ done: true })
    broadcast.end('done')
    expect(await collect(lax)).toEqual(['started a', 'started b', 'started c'])
  })

  it('end without a word when their signal is aborted, also while they wait', async () => {
    const broadcast = new Broadcast(silent)
    const abort = new AbortController()
    const told = collect(broadcast.subscribe(nothing, { signal: abort.signal }))
    broadcast.publish([started('a')])
    await Promise.resolve()
    abort.abort(new Error('enough'))
    expect(await told).toEqual(['started a'])
    expect(await collect(broadcast.subscribe(() => [started('b')], { signal: AbortSignal.abort() }))).toEqual([])
  })

  it('that leave their loop hear no more, also when they leave it from outside', async () => {
    const broadcast = new Broadcast(silent)
    const events = broadcast.subscribe(nothing)
    const next = events.next()
    await events.return()
    expect(await next).toMatchObject({ done: true })
    broadcast.publish([started('a')])
    expect(await events.next()).toMatchObject({ done: true })
  })

  it('must want room for one event at least', () => {
    expect(() => new Broadcast(silent).subscribe(nothing, { capacity: 0 })).toThrow(RangeError)
  })
})

describe('filters', () => {
  const label = { tier: 'web', 'com.docker.compose.project': 'shop' }
  const container = someContainer('1', { name: 'web-1', labels: label })
  const events: WatchEvent[] = [someEvent('started', container), someConnectionEvent('synced')]
  const pass = async (filter: EventOptions['filter']): Promise<string[]> => {
    const broadcast = new Broadcast(silent)
    const told = collect(broadcast.subscribe(() => events, { filter }))
    broadcast.end('done')
    return told
  }

  it.each<[boolean, FilterRules]>([
    [true, {}],
    [true, { name: 'web-1' }],
    [false, { name: 'web' }],
    [true, { name: /^web-\d$/g }],
    [true, { project: 'shop' }],
    [false, { project: '' }],
    [true, { label: 'tier' }],
    [true, { label: ['tier=web', 'com.docker.compose.project'] }],
    [false, { label: 'tier=db' }],
    [false, { label: 'toString' }],
    [true, { engine: ENGINE.type }],
    [true, { engine: ENGINE.api, name: 'web-1' }],
    [false, { engine: ENGINE.id, name: 'other' }],
  ])('%s: %o', async (passes, filter) => {
    for (let n = 0; n < 2; n++) expect(await pass(filter)).toEqual(passes ? ['started web-1', 'synced'] : ['synced'])
  })

  it('of an engine keep other connections out as well', async () => {
    expect(await pass({ engine: 'other' })).toEqual([])
  })

  it('may be functions; that a container leaves what they let through is told', async () => {
    expect(await pass(({ pid }) => pid > 1)).toEqual(['synced'])
    const broadcast = new Broadcast(silent)
    const told = collect(broadcast.subscribe(() => [someEvent('started', container)], { filter: { name: 'web-1' }, replay: false }))
    broadcast.publish([someEvent('updated', someContainer('1', { name: 'other' }), container)])
    broadcast.end('done')
    expect(await told).toEqual(['updated other'])
  })
})

describe('listeners', () => {
  it('that throw are reported, and disturb nobody', () => {
    const warn = vi.fn<() => void>()
    const broadcast = new Broadcast({ warn })
    const heard: string[] = []
    broadcast.tap(() => {
      throw new Error('mine')
    })
    const late: string[] = []
    broadcast.on('started', (event) => {
      if (brief(event) === 'started a') throw new Error('mine too')
      late.push(brief(event))
    })
    const stop = broadcast.tap((events) => heard.push(...events.map(brief)))
    broadcast.publish([started('a'), started('b')])
    stop()
    broadcast.publish([started('c')])
    expect(heard).toEqual(['started a', 'started b'])
    expect(late).toEqual(['started b', 'started c'])
    expect(warn).toHaveBeenCalledTimes(3)
  })
})
