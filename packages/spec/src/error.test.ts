import { describe, expect, it } from 'vitest'
import { isTeuError, TeuError } from './error.ts'

describe('TeuError', () => {
  const cause = new Error('inner')
  const error = new TeuError('ERR_TEU_SYSTEM', 'Cannot mount proc', {
    containerId: 'a',
    syscall: 'mount',
    errno: 'EPERM',
    pointer: undefined,
    suppressed: [new Error('clean-up')],
    cause,
  })

  it('carries the details that are there and no others', () => {
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({ name: 'TeuError', code: 'ERR_TEU_SYSTEM', containerId: 'a', syscall: 'mount', errno: 'EPERM', cause })
    expect(Object.hasOwn(error, 'pointer')).toBe(false)
  })

  it('becomes plain data without a stack', () => {
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: 'TeuError',
      code: 'ERR_TEU_SYSTEM',
      message: 'Cannot mount proc',
      containerId: 'a',
      syscall: 'mount',
      errno: 'EPERM',
      cause: 'inner',
      suppressed: ['clean-up'],
    })
  })

  it('is recognised by its brand, also from another copy of teu', () => {
    const foreign = Object.assign(new Error('x'), { code: 'ERR_TEU_BUSY', [Symbol.for('teu.error')]: true })
    expect(isTeuError(foreign)).toBe(true)
    expect(isTeuError(foreign, 'ERR_TEU_BUSY')).toBe(true)
    expect(isTeuError(foreign, 'ERR_TEU_PAUSED')).toBe(false)
    expect([new Error('x'), null, 'ERR_TEU_BUSY'].some((value) => isTeuError(value))).toBe(false)
  })
})
