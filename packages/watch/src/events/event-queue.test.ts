import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { someConnectionEvent, someContainer, someEvent } from '../testing/containers.ts'
import { brief, Follower } from '../testing/told.ts'
import { EventQueue } from './event-queue.ts'
import type { WatchEvent } from './watch-event.ts'

function drain(queue: EventQueue): WatchEvent[] {
  const events: WatchEvent[] = []
  for (let event = queue.take(); event !== undefined; event = queue.take()) events.push(event)
  return events
}

const [a, b] = [someContainer('a'), someContainer('b')]
const pausedA = someContainer('a', { paused: true })

describe('EventQueue', () => {
  it('is exact as long as there is room', () => {
    const queue = new EventQueue(3, 'coalesce')
    const events = [someEvent('started', a), someEvent('paused', pausedA, a), someEvent('exited', pausedA)]
    for (const event of events) queue.add([event])
    expect(drain(queue)).toEqual(events)
  })

  it('takes a list of any length', () => {
    const queue = new EventQueue(1, 'error')
    const event = someEvent('started', a)
    queue.add(Array.from({ length: 300_000 }, () => event))
    expect(drain(queue)).toHaveLength(300_000)
  })

  it('goes on with what was folded while it was read', () => {
    const queue = new EventQueue(1, 'coalesce')
    queue.add([someEvent('started', a)])
    queue.add([someEvent('started', b)])
    expect(queue.take()).toMatchObject({ type: 'started', container: { id: 'a' } })
    queue.add([someEvent('exited', b)])
    queue.add([someEvent('exited', a)])
    expect(drain(queue).map(brief)).toEqual(['exited a (0)'])
    queue.add([someEvent('started', b)])
    queue.add([someEvent('started', a)])
    queue.add([someEvent('started', someContainer('c'))])
    expect(drain(queue).map(brief)).toEqual(['started b', 'started a', 'started c'])
  })

  it('beyond it folds the events of each container into their result', () => {
    const queue = new EventQueue(1, 'coalesce')
    const renamed = someContainer('b', { name: 'c' })
    for (const event of [
      someEvent('exited', b),
      someEvent('started', a),
      someEvent('paused', pausedA, a),
      someEvent('started', someContainer('short')),
      someEvent('exited', someContainer('short')),
      someConnectionEvent('lost'),
      someConnectionEvent('synced'),
      someEvent('started', renamed),
    ]) {
      queue.add([event])
    }
    const events = drain(queue)
    expect(events.map(brief)).toEqual(['exited b (0)', 'started c', 'started a', 'synced'])
    expect(events[2]).toMatchObject({ source: 'coalesced', container: { paused: true } })
    queue.add([someEvent('exited', pausedA)])
    expect(drain(queue)).toMatchObject([{ type: 'exited', source: 'event' }])
  })

  it('tells a pause once, also when the reader has taken only a part of a result before more comes', () => {
    const queue = new EventQueue(1, 'coalesce')
    const renamed = someContainer('a', { paused: true, name: 'c' })
    queue.add([someEvent('paused', pausedA, a)])
    queue.add([someEvent('updated', renamed, pausedA)])
    queue.add([someEvent('started', b)])
    const first = queue.take()
    expect(first).toMatchObject({ type: 'paused', container: pausedA, previous: a })
    queue.add([someEvent('exited', b)])
    expect(drain(queue)).toMatchObject([{ type: 'updated', container: renamed, previous: pausedA }])
  })

  it('a pause that has ended is nothing to tell', () => {
    const queue = new EventQueue(1, 'coalesce')
    for (const event of [someEvent('started', b), someEvent('paused', pausedA, a), someEvent('unpaused', a, pausedA)]) queue.add([event])
    expect(drain(queue).map(brief)).toEqual(['started b'])
  })

  it('with `error` refuses, but takes the differences of one list as one', () => {
    const queue = new EventQueue(2, 'error')
    queue.add(['1', '2', '3'].map((id) => someEvent('started', someContainer(id))))
    expect(() => queue.add([someEvent('started', a)])).toThrow(expect.objectContaining({ code: 'ERR_TEU_OVERFLOW' }))
  })

  it('whatever is folded, the end is right and there is a bound', () => {
    const step = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('life', 'pause', 'name', 'read'))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), (steps, capacity) => {
        const queue = new EventQueue(capacity, 'coalesce')
        const [exact, slow] = [new Follower(), new Follower()]
        const alive = new Map<string, ReturnType<typeof someContainer>>()
        let pid = 1
        for (const [id, what] of steps) {
          const known = alive.get(id)
          if (what === 'read') {
            const event = queue.take()
            if (event !== undefined) slow.see(event)
            continue
          }
          let event: WatchEvent | undefined
          if (known === undefined) event = someEvent('started', someContainer(id, { pid: pid++ }))
          else if (what === 'life') event = someEvent('exited', known)
          else if (what === 'pause') {
            event = someEvent(known.paused ? 'unpaused' : 'paused', someContainer(id, { ...known, paused: !known.paused }), known)
          } else event = someEvent('updated', someContainer(id, { ...known, name: `${known.name}x` }), known)
          if (event.type === 'exited') alive.delete(id)
          else if ('container' in event) alive.set(id, event.container)
          exact.see(event)
          queue.add([event])
        }
        const rest = drain(queue)
        expect(rest.length).toBeLessThanOrEqual(capacity + 2 * 3)
        for (const event of rest) slow.see(event)
        expect(slow.picture()).toEqual(exact.picture())
      }),
    )
  })
})
