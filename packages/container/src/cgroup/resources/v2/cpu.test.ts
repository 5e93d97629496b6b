import { describe, expect, it } from 'vitest'
import { weightOfShares } from './cpu.ts'

describe('weightOfShares()', () => {
  it('maps the ends and the usual value to theirs', () => {
    expect([0n, 1n, 2n, 1024n, 262_144n, 10n ** 12n].map(weightOfShares)).toEqual([1, 1, 1, 100, 10_000, 10_000])
  })

  it('never decreases, and stays in range', () => {
    let last = 0
    for (let shares = 2n; shares <= 262_144n; shares += 61n) {
      const weight = weightOfShares(shares)
      expect(weight).toBeGreaterThanOrEqual(Math.max(last, 1))
      expect(weight).toBeLessThanOrEqual(10_000)
      last = weight
    }
  })
})
