import { describe, expect, it } from 'vitest'
import { abortable, deferred, delay } from './waiting.ts'

describe('abortable()', () => {
  it('is the promise, or the reason of a signal that fires first', async () => {
    const { signal } = new AbortController()
    expect(await abortable(Promise.resolve(1), signal)).toBe(1)
    expect(await abortable(Promise.resolve(1), undefined)).toBe(1)
    await expect(abortable(Promise.reject(new Error('own')), signal)).rejects.toThrow('own')
    const stop = new AbortController()
    const waiting = abortable(deferred().promise, stop.signal)
    stop.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
  })

  it('with a signal that has fired rejects, and a later failure is nobody’s', async () => {
    const { promise, reject } = deferred()
    await expect(abortable(promise, AbortSignal.abort(new Error('before')))).rejects.toThrow('before')
    reject(new Error('late'))
  })
})

it('delay() ends with its time or with the signal, and does not reject', async () => {
  await delay(1)
  await delay(1_000_000, AbortSignal.abort())
  const stop = new AbortController()
  const waiting = delay(1_000_000, stop.signal)
  stop.abort()
  await waiting
})

it.each([2 ** 31, 1e12, Infinity])('delay(%s), which is more than a timer takes, does not end at once', async (ms) => {
  const stop = new AbortController()
  const long = delay(ms, stop.signal).then(() => 'long')
  expect(await Promise.race([long, delay(20).then(() => 'short')])).toBe('short')
  stop.abort()
  await long
})
