import { describe, expect, it } from 'vitest'
import { limitsWhileHeld } from './held-limits.ts'

describe('limitsWhileHeld()', () => {
  it.each([0, 1])('makes room for init beside the process that holds the unit open: %s', (limit) => {
    expect(limitsWhileHeld({ pids: { limit }, cpu: { shares: 5 } })).toEqual({ pids: { limit: 2 }, cpu: { shares: 5 } })
  })

  it.each([{}, { pids: { limit: -1 } }, { pids: { limit: 2 } }])('leaves limits with room: %j', (resources) => {
    expect(limitsWhileHeld(resources)).toBe(resources)
  })
})
