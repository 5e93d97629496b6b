/** The watcher with a CRI engine that tells of events. */

import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { watchAll } from '../merged/merged-watcher.ts'
import { CriServer } from '../testing/cri-server.ts'
import { brief, Follower } from '../testing/told.ts'
import { openEngine, watch } from '../watch.ts'
import { exponentialBackoff } from '../watcher/backoff.ts'
import type { Watcher } from '../watcher/watcher.ts'
import { CriEngine } from './cri-engine.ts'

const quick = { backoff: exponentialBackoff({ minMs: 5, maxMs: 20 }) }

function follow(watcher: Watcher): { told: string[]; follower: Follower; until: (text: string) => Promise<void> } {
  const told: string[] = []
  const follower = new Follower()
  watcher.tap((events) => {
    for (const event of events) {
      follower.see(event)
      told.push(brief(event))
    }
  })
  const until = async (text: string): Promise<void> => {
    while (!told.includes(text)) await delay(2)
  }
  return { told, follower, until }
}

it('follows pods and containers by events alone', async () => {
  await using server = await CriServer.start()
  server.addPod('p')
  server.addContainer('listed', 'p')
  await using watcher = watch(server.path, quick)
  const { told, follower, until } = follow(watcher)
  await watcher.ready()
  expect([watcher.type, watcher.polling, watcher.state]).toEqual(['k8s.io/cri-api', false, 'watching'])
  server.addContainer('new', 'p')
  server.tell('STARTED', 'new')
  await until('started new')
  server.endContainer('new', 3)
  server.tell('STOPPED', 'new')
  await until('exited new (3)')
  expect(told).toEqual(['started listed', 'started p', 'synced', 'started new', 'exited new (3)'])
  expect(follower.picture()).toHaveLength(2)
})

it('events that waited since before the subscription do no harm', async () => {
  await using server = await CriServer.start()
  server.addPod('p')
  server.addContainer('ended', 'p')
  server.addContainer('alive', 'p')
  server.endContainer('ended', 1)
  await using watcher = watch(server.path, quick)
  const { told, until } = follow(watcher)
  await watcher.ready()
  for (const id of ['ended', 'alive', 'never']) server.tell('STARTED', id)
  server.tell('STOPPED', 'ended')
  server.tell('STOPPED', 'never')
  server.addPod('p2')
  server.tell('STARTED', 'p2')
  await until('started p2')
  await watcher.refresh()
  expect(told.filter((one) => one !== 'synced')).toEqual(['started alive', 'started p', 'started p2'])
})

it('an exit that comes while its start is inspected wins', async () => {
  await using server = await CriServer.start()
  server.addPod('p')
  await using watcher = watch(server.path, quick)
  const { told, until } = follow(watcher)
  await watcher.ready()
  const { containers } = server
  server.addContainer('short', 'p')
  const answer = { status: { id: 'short', metadata: { name: 'short' }, state: 1 }, info: { info: '{"pid":77}' } }
  const asked = (): number => server.calls.filter((name) => name === 'containerStatus').length
  server.hooks.set('containerStatus', async () => {
    if (asked() === 1) {
      server.endContainer('short', 5)
      server.tell('STOPPED', 'short')
      await delay(20)
      return answer
    }
    return { status: { ...answer.status, state: 2, exitCode: 5 } }
  })
  server.tell('STARTED', 'short')
  while (asked() < 2) await delay(2)
  server.hooks.clear()
  containers.delete('short')
  server.addContainer('last', 'p')
  server.tell('STARTED', 'last')
  await until('started last')
  expect(told).toEqual(['started p', 'synced', 'started last'])
})

it('a daemon that is replaced by one without events is polled, and one that has them again is not', async () => {
  await using server = await CriServer.start()
  server.addPod('p')
  await using watcher = watch(new CriEngine(server.path, { pollIntervalMs: 10 }), quick)
  const { told, until } = follow(watcher)
  await watcher.ready()
  const restart = async (events: CriServer['events']): Promise<void> => {
    told.length = 0
    server.stop()
    await until('lost')
    server.events = events
    await server.start()
    await until('synced')
  }
  await restart('end')
  expect(watcher.polling).toBe(true)
  server.addContainer('found', 'p')
  await until('started found')
  server.endContainer('found', 4)
  await until('exited found (4)')
  await restart('stream')
  expect(watcher.polling).toBe(false)
})

it('a container that is listed, and begins and ends between two looks, has ended', async () => {
  await using server = await CriServer.start()
  server.events = 'end'
  server.addPod('p')
  server.hooks.set('version', () => {
    // After the first look, and before the list.
    if (server.calls.includes('listContainers') && !server.calls.includes('containerStatus')) server.addContainer('brief', 'p')
    return Promise.resolve({ runtimeName: 'x', runtimeVersion: '1', runtimeApiVersion: 'v1' })
  })
  server.hooks.set('containerStatus', () => {
    server.containers.delete('brief')
    return Promise.resolve({ status: { id: 'brief', metadata: { name: 'brief' }, state: 1 }, info: { info: '{"pid":77}' } })
  })
  await using watcher = watch(new CriEngine(server.path, { pollIntervalMs: 10 }), quick)
  const { told, follower, until } = follow(watcher)
  await watcher.ready()
  await until('exited brief')
  expect(follower.picture()).toHaveLength(1)
  await delay(50)
  expect(told.filter((one) => one !== 'synced')).toEqual(['started brief', 'started p', 'exited brief'])
})

it('two engines of one machine are two, although they have the same id', async () => {
  await using one = await CriServer.start()
  await using two = await CriServer.start('cri-dockerd.sock')
  one.addPod('p1')
  two.addPod('p2')
  await using all = watchAll({ engines: [one.path, two.path] })
  await all.ready()
  expect([...all.portfolio].map(({ id }) => id).sort()).toEqual(['p1', 'p2'])
  expect(new Set([...all.portfolio].map(({ engine }) => engine.id)).size).toBe(1)
})

it('compares with a list every minute by itself, unless it is told how often', async () => {
  await using server = await CriServer.start()
  expect(openEngine(server.path)).toMatchObject({ type: 'k8s.io/cri-api', resyncIntervalMs: 60_000 })
  for (const [resyncIntervalMs, relists] of [
    [10, true],
    [Infinity, false],
  ] as const) {
    await using watcher = watch(server.path, { ...quick, resyncIntervalMs })
    const { told } = follow(watcher)
    await watcher.ready()
    // Without comparing, nothing may come; how long a list takes is the machine's affair.
    if (relists) while (told.length < 2) await delay(5)
    else await delay(50)
    expect(told.length > 1).toBe(relists)
  }
})

it('what the engine never told is found by comparing', async () => {
  await using server = await CriServer.start()
  server.addPod('p')
  server.addContainer('ended', 'p')
  await using watcher = watch(server.path, { ...quick, resyncIntervalMs: 10 })
  const { told, until } = follow(watcher)
  await watcher.ready()
  server.endContainer('ended', 9)
  server.addContainer('begun', 'p')
  await until('started begun')
  expect(told.filter((one) => one !== 'synced')).toEqual(['started ended', 'started p', 'exited ended (9)', 'started begun'])
})
