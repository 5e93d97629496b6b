import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Container } from '../picture/container.ts'
import { silent } from '../logger.ts'
import { someContainer, someEvent } from '../testing/containers.ts'
import { brief, Follower } from '../testing/told.ts'
import { Broadcast, type EventOptions } from './broadcast.ts'
import type { Subscription } from './subscription.ts'
import { isContainerEvent, type WatchEvent } from './watch-event.ts'

/** Live containers, and whoever is told of them. */
class Scene {
  readonly broadcast = new Broadcast(silent)
  readonly alive = new Map<string, Container>()
  #pid = 1

  subscribe(options: EventOptions): Subscription {
    const known = (): WatchEvent[] => [...this.alive.values()].map((container) => someEvent('started', container))
    return this.broadcast.subscribe(known, options)
  }

  start(id: string, facts: Partial<Container> = {}): void {
    const container = someContainer(id, { pid: this.#pid++, ...facts })
    this.alive.set(id, container)
    this.broadcast.publish([someEvent('started', container)])
  }

  die(id: string): void {
    const known = this.alive.get(id)
    this.alive.delete(id)
    if (known !== undefined) this.broadcast.publish([someEvent('exited', known)])
  }

  change(id: string, facts: Partial<Container>): void {
    const known = this.alive.get(id)
    if (known === undefined) return
    const container = someContainer(id, { ...known, ...facts })
    this.alive.set(id, container)
    const pausing = container.paused ? 'paused' : 'unpaused'
    this.broadcast.publish([someEvent(container.paused === known.paused ? 'updated' : pausing, container, known)])
  }
}

const told = (event: WatchEvent): string => {
  const view = isContainerEvent(event) ? event.view : undefined
  return `${brief(event)}${view === undefined ? '' : `, ${view}`}`
}

/** Everything that waits. */
async function read(scene: Scene, subscription: Subscription): Promise<WatchEvent[]> {
  scene.broadcast.end('done')
  const events: WatchEvent[] = []
  for await (const event of subscription) events.push(event)
  return events
}

describe('events with a filter', () => {
  it('tell when a change brings a container in or takes it out, and of its end only whoever has seen it', async () => {
    const scene = new Scene()
    for (const id of ['a', 'b']) scene.start(id)
    const subscription = scene.subscribe({ filter: { name: 'a' } })
    scene.change('a', { name: 'z' })
    scene.change('a', { name: 'y' })
    scene.die('a')
    scene.change('b', { name: 'a' })
    scene.die('b')
    expect((await read(scene, subscription)).map(told)).toEqual(['started a', 'updated z, left', 'updated a, entered', 'exited a (0)'])
  })

  it('tell the end of what was known before, also without a replay', async () => {
    const scene = new Scene()
    for (const id of ['a', 'b']) scene.start(id)
    const subscription = scene.subscribe({ filter: { name: 'a' }, replay: false })
    for (const id of ['a', 'b']) scene.die(id)
    expect((await read(scene, subscription)).map(told)).toEqual(['exited a (0)'])
  })

  it('tell it of a pause too, when the filter asks for that', async () => {
    const scene = new Scene()
    scene.start('a')
    const subscription = scene.subscribe({ filter: ({ paused }) => paused })
    scene.change('a', { paused: true })
    scene.change('a', { paused: false })
    expect((await read(scene, subscription)).map(told)).toEqual(['paused a, entered', 'unpaused a, left'])
  })

  it('folded for a slow reader they say what has become of the container', async () => {
    const scene = new Scene()
    for (const id of ['a', 'b', 'c']) scene.start(id)
    const subscription = scene.subscribe({ filter: ({ name }) => name.startsWith('x'), capacity: 1 })
    scene.change('c', { name: 'x' })
    for (const id of ['a', 'b']) scene.change(id, { name: 'x1' })
    for (const id of ['a', 'b']) scene.change(id, { name: 'x2' })
    scene.change('b', { name: 'b' })
    scene.change('c', { name: 'x3' })
    const events = await read(scene, subscription)
    expect(events.map(told)).toEqual(['updated x3, entered', 'updated x2, entered'])
    expect(events.map((event) => (isContainerEvent(event) ? event.previous?.name : ''))).toEqual(['c', 'a'])
  })

  it('lead to the snapshot that the filter lets through, however slowly they are read', async () => {
    const act = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('life', 'pause', 'name', 'read'))
    const filter = ({ name, paused }: Container): boolean => name.length % 2 === 1 || paused
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 60 }), fc.nat(20), fc.integer({ min: 1, max: 5 }), async (acts, join, capacity) => {
        const scene = new Scene()
        const followers = [new Follower(), new Follower()]
        let subscriptions: Subscription[] = []
        const pending: Promise<unknown>[] = []
        for (const [n, [id, what]] of acts.entries()) {
          if (n === join) subscriptions = [scene.subscribe({ filter }), scene.subscribe({ filter, capacity })]
          const known = scene.alive.get(id)
          if (what === 'read') {
            const next = subscriptions[1]?.next()
            if (next !== undefined) pending.push(next.then(({ value }) => value !== undefined && followers[1]?.see(value)))
          } else if (known === undefined) scene.start(id)
          else if (what === 'life') scene.die(id)
          else if (what === 'pause') scene.change(id, { paused: !known.paused })
          else scene.change(id, { name: `${known.name}x` })
        }
        const whole = new Follower()
        for (const container of scene.alive.values()) if (filter(container)) whole.see(someEvent('started', container))
        scene.broadcast.end('done')
        await Promise.all(pending)
        for (const [n, subscription] of subscriptions.entries()) {
          for (const event of await read(scene, subscription)) followers[n]?.see(event)
          expect(followers[n]?.picture()).toEqual(whole.picture())
        }
      }),
    )
  })
})

describe('a filter that throws', () => {
  it('ends its own subscription with what it has thrown, and nothing else', async () => {
    const scene = new Scene()
    scene.start('a')
    const filter = ({ id }: Container): boolean => {
      if (id === 'b') throw new Error('my filter is broken')
      return true
    }
    const [bad, good] = [scene.subscribe({ filter }), scene.subscribe({})]
    const heard: string[] = []
    scene.broadcast.tap((events) => heard.push(...events.map(brief)))
    scene.start('b')
    scene.start('c')
    expect((await bad.next()).value).toMatchObject({ type: 'started', container: { id: 'a' } })
    await expect(bad.next()).rejects.toThrow('my filter is broken')
    expect((await bad.next()).done).toBe(true)
    expect((await read(scene, good)).map(brief)).toEqual(['started a', 'started b', 'started c'])
    expect(heard).toEqual(['started b', 'started c'])
  })

  it('throws it to the reader also when it is the replay', async () => {
    const scene = new Scene()
    scene.start('a')
    const bad = scene.subscribe({
      filter: () => {
        throw new Error('my filter is broken')
      },
    })
    await expect(bad.next()).rejects.toThrow('my filter is broken')
  })
})
