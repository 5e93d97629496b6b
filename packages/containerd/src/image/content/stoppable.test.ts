import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { stoppable } from './stoppable.ts'

async function collect<T>(source: AsyncIterable<T>, signal: AbortSignal = new AbortController().signal): Promise<T[]> {
  const seen: T[] = []
  for await (const value of stoppable(source, signal)) seen.push(value)
  return seen
}

describe('stoppable()', () => {
  test('yields everything, and closes what is left early', async () => {
    expect(await collect(Readable.from([1, 2, 3]))).toEqual([1, 2, 3])
    const source = Readable.from([1, 2, 3])
    for await (const _ of stoppable(source, new AbortController().signal)) break
    await new Promise((resolve) => setImmediate(resolve))
    expect(source.destroyed).toBe(true)
  })

  test('stops while the source says nothing, and before it has begun', async () => {
    const stop = new AbortController()
    const reason = new Error('enough')
    const silent = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<IteratorResult<number>>(() => {}) }) }
    setImmediate(() => stop.abort(reason))
    await expect(collect(silent, stop.signal)).rejects.toBe(reason)
    await expect(collect(Readable.from([1]), stop.signal)).rejects.toBe(reason)
  })

  test('an error of the source comes as it is', async () => {
    const failure = new RangeError('broken')
    async function* failing(): AsyncGenerator<number> {
      yield 1
      throw failure
    }
    await expect(collect(failing())).rejects.toBe(failure)
  })
})
