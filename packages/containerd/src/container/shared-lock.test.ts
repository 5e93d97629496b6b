import { deferred } from '@teu/spec'
import { expect, test } from 'vitest'
import { SharedLock } from './shared-lock.ts'

test('exclusive jobs wait for all before them, shared ones for room, and everybody’s turn comes in order', async () => {
  const lock = new SharedLock(2)
  const running: string[] = []
  const done: string[] = []
  const gates = new Map<string, () => void>()
  const job = (name: string) => async (): Promise<void> => {
    running.push(name)
    const gate = deferred()
    gates.set(name, () => gate.resolve())
    await gate.promise
    running.splice(running.indexOf(name), 1)
    done.push(name)
  }
  const all = [lock.shared(job('s1')), lock.shared(job('s2')), lock.shared(job('s3')), lock.exclusive(job('x')), lock.shared(job('s4'))]
  const finish = async (name: string): Promise<void> => {
    gates.get(name)?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  await finish('none')
  expect(running).toEqual(['s1', 's2'])
  await finish('s2')
  expect(running).toEqual(['s1', 's3'])
  await finish('s1')
  await finish('s3')
  expect(running).toEqual(['x'])
  await finish('x')
  expect(running).toEqual(['s4'])
  await finish('s4')
  await Promise.all(all)
  expect(done).toEqual(['s2', 's1', 's3', 'x', 's4'])
})

test('a job that fails leaves the lock', async () => {
  const lock = new SharedLock(1)
  await expect(lock.exclusive(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await lock.exclusive(() => Promise.resolve(7))).toBe(7)
})

test('who gives up waiting leaves the queue, and those behind go on', async () => {
  const lock = new SharedLock(2)
  const gate = deferred()
  const first = lock.shared(() => gate.promise)
  const stop = new AbortController()
  const second = lock.exclusive(() => Promise.reject(new Error('must not run')), stop.signal)
  const third = lock.shared(() => Promise.resolve('third'))
  stop.abort(new Error('enough'))
  await expect(second).rejects.toThrow('enough')
  expect(await third).toBe('third')
  gate.resolve()
  await first
  expect(await lock.exclusive(() => Promise.resolve('last'), new AbortController().signal)).toBe('last')
})
