import fc from 'fast-check'
import { expect, it } from 'vitest'
import { rowWindow } from './row-window.ts'

it('rowWindow() has all that is in sight, and the height of all rows', () => {
  fc.assert(
    fc.property(
      fc.nat(5_000),
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: -100, max: 200_000 }),
      fc.nat(3_000),
      (count, rowHeight, scrollTop, viewHeight) => {
        const { first, end, aboveHeight, belowHeight } = rowWindow(count, rowHeight, scrollTop, viewHeight)
        expect(first).toBeGreaterThanOrEqual(0)
        expect(end).toBeLessThanOrEqual(count)
        expect(end).toBeGreaterThanOrEqual(first)
        expect(aboveHeight + (end - first) * rowHeight + belowHeight).toBe(count * rowHeight)
        expect(end - first).toBeLessThanOrEqual(Math.ceil(viewHeight / rowHeight) + 27)
        const inSight = Array.from({ length: Math.min(count, 3) }, (_, i) => Math.floor(Math.max(0, scrollTop) / rowHeight) + i)
        for (const row of inSight) if (row < count && row * rowHeight < scrollTop + viewHeight) expect(first <= row && row < end).toBe(true)
      },
    ),
  )
})
