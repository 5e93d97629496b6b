import { describe, expect, it } from 'vitest'
import { parseJson } from './parse-json.ts'

describe('parseJson()', () => {
  it('is JSON.parse() for long texts, and for many values', () => {
    const long = ['x'.repeat(9_000_000), { a: [1, 2, null] }]
    expect(parseJson(JSON.stringify(long))).toEqual(long)
    const many = Array.from({ length: 100_000 }, (_, n) => ({ n }))
    expect(parseJson(JSON.stringify(many))).toHaveLength(100_000)
    expect(() => parseJson('{')).toThrow(SyntaxError)
  })

  it.each([
    ['objects', `[${'{},'.repeat(2_000_000)}{}]`],
    ['lists in lists', '['.repeat(3_000_000) + ']'.repeat(3_000_000)],
    ['numbers', `[${'0,'.repeat(3_000_000)}0]`],
  ])('refuses too many %s', (_, text) => {
    expect(() => parseJson(text)).toThrow(RangeError)
  })
})
