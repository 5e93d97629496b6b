import { describe, expect, it } from 'vitest'
import { errnoName } from './errno.ts'

describe('errnoName()', () => {
  it('uses the names of the manual pages', () => {
    const names = {
      1: 'EPERM',
      2: 'ENOENT',
      11: 'EAGAIN',
      22: 'EINVAL',
      38: 'ENOSYS',
      40: 'ELOOP',
      71: 'EPROTO',
      95: 'EOPNOTSUPP',
      110: 'ETIMEDOUT',
      125: 'ECANCELED',
    }
    for (const [number, name] of Object.entries(names)) expect(errnoName(Number(number))).toBe(name)
  })

  it('has no name for none, and a readable one for the unknown', () => {
    expect(errnoName(0)).toBe('')
    expect(errnoName(4095)).toBe('E4095')
  })
})
