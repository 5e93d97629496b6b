import { expect, test } from 'vitest'
import type { TaskEvent } from '../types.ts'
import { EventBroadcast } from './broadcast.ts'

const event = (type: TaskEvent['type'], containerId = 'a', known = true): TaskEvent => ({
  type,
  containerId,
  processId: 'init',
  oomKilled: false,
  timestamp: new Date(0),
  source: 'stream',
  known,
})

test('readers get what they want, from their subscription on, at their own pace', async () => {
  const broadcast = new EventBroadcast()
  broadcast.publish(event('create'))
  const all = broadcast.subscribe({})
  const exits = broadcast.subscribe({ types: ['exit'], containerId: 'a', unknown: true })
  for (const one of [event('start'), event('exit', 'b'), event('exit'), event('exit', 'a', false)]) broadcast.publish(one)
  broadcast.close()
  const read = async (events: AsyncIterable<TaskEvent>): Promise<string[]> => {
    const seen: string[] = []
    for await (const { type, containerId, known } of events) seen.push(`${type} ${containerId} ${known}`)
    return seen
  }
  expect(await read(all)).toEqual(['start a true', 'exit b true', 'exit a true'])
  expect(await read(exits)).toEqual(['exit a true', 'exit a false'])
  expect(await read(broadcast.subscribe({}))).toEqual([])
})

test('a loop that is left, and one whose signal fires, gets nothing more', async () => {
  const broadcast = new EventBroadcast()
  const left = broadcast.subscribe({})
  broadcast.publish(event('start'))
  broadcast.publish(event('exit'))
  for await (const _ of left) break
  expect(await left.next()).toEqual({ value: undefined, done: true })
  const abort = new AbortController()
  const given = broadcast.subscribe({ signal: abort.signal })
  const waiting = given.next()
  abort.abort()
  expect(await waiting).toEqual({ value: undefined, done: true })
  broadcast.publish(event('exit'))
  expect(await given.next()).toEqual({ value: undefined, done: true })
  expect(await broadcast.subscribe({ signal: AbortSignal.abort() }).next()).toEqual({ value: undefined, done: true })
})
