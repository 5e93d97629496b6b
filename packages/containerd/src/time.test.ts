import { expect, it } from 'vitest'
import { readTime } from './time.ts'

it('times are those of the years 1970 to 9999', () => {
  expect(readTime({ seconds: 1n, nanos: 2_999_999 })).toEqual(new Date(1_002))
  expect(readTime({ seconds: 253_402_300_799n, nanos: 999_999_999 })?.toISOString()).toBe('9999-12-31T23:59:59.999Z')
})

it.each([
  [0n, 0],
  [-62_135_596_800n, 0],
  [-1n, 0],
  [2n ** 62n, 0],
  [253_402_300_800n, 0],
  [1n, -1],
  [1n, 2_000_000_000],
])('%s seconds and %s nanoseconds are no time', (seconds, nanos) => expect(readTime({ seconds, nanos })).toBeUndefined())

it('no time is none', () => expect(readTime(undefined)).toBeUndefined())
