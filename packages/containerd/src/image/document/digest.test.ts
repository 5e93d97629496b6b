import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { digestOf, isDigest, Verifier } from './digest.ts'

describe('isDigest()', () => {
  test('takes sha256 in lower case and nothing else', () => {
    const hex = 'a'.repeat(64)
    expect(isDigest(`sha256:${hex}`)).toBe(true)
    for (const text of [
      hex,
      `sha256:${hex}0`,
      `sha256:${hex.toUpperCase()}`,
      `sha512:${hex}${hex}`,
      `sha256:../${hex.slice(3)}`,
      ':',
      '',
      `sha256:${hex}\n`,
    ]) {
      expect(isDigest(text), text).toBe(false)
    }
  })
})

describe('Verifier', () => {
  test('knows the digest however the bytes come', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 10 }), (chunks) => {
        const all = Buffer.concat(chunks)
        const verifier = new Verifier('it', digestOf(all), all.length)
        for (const chunk of chunks) verifier.update(chunk)
        expect([verifier.finish(), verifier.finish()]).toEqual([digestOf(all), digestOf(all)])
      }),
    )
  })

  test('refuses other bytes, and more or fewer', () => {
    const four = new Uint8Array(4)
    const wrong = new Verifier('it', digestOf('else'), undefined)
    wrong.update(four)
    expect(() => wrong.finish()).toThrow(`it: expected digest ${digestOf('else')}, got ${digestOf(four)}`)
    expect(() => new Verifier('it', undefined, 3).update(four)).toThrow('it: expected 3 bytes, got at least 4')
    const short = new Verifier('it', undefined, 5)
    short.update(four)
    expect(() => short.finish()).toThrow('it: expected 5 bytes, got 4')
  })
})
