import { describe, expect, it } from 'vitest'
import type { TeuError } from '../error.ts'
import { validateResources } from '../validate.ts'
import { idListMask } from './id-list.ts'

/** The refusal of a config, always one with the right code; undefined when it is accepted. */
function refusal(validate: () => unknown): TeuError | undefined {
  try {
    validate()
    return undefined
  } catch (error) {
    expect(error).toMatchObject({ name: 'TeuError', code: 'ERR_TEU_CONFIG_INVALID' })
    return error as TeuError
  }
}

describe('lists of CPUs and nodes', () => {
  const list = (cpus: string) => refusal(() => validateResources({ cpu: { cpus } }))

  it.each([
    '0-4294967295',
    '2147483647',
    '8192',
    '1-0',
    '0,,1',
    '0-1-2',
    '999999999999999999999',
    '-1',
    '1-',
    ',1',
    '1,',
    '0 1',
    ' 0',
    '0\n',
    '0-3:1/2',
    'all',
    '٣',
    '0,'.repeat(1 << 19),
    `${'0,'.repeat(1 << 19)}0`,
  ])('%.20j is refused at once', (text) => {
    const start = performance.now()
    expect(list(text)?.pointer).toBe('/cpu/cpus')
    expect(performance.now() - start).toBeLessThan(2000)
  })

  it('more than a thousand CPUs are fine', () => {
    expect(list(Array.from({ length: 8192 }, (_, cpu) => cpu).join(','))).toBeUndefined()
    expect(list('0-8191')).toBeUndefined()
  })

  it('a list becomes a little-endian bit set of whole words', () => {
    expect(idListMask('0,2-3,9')).toEqual(Uint8Array.of(0b1101, 0b10, 0, 0, 0, 0, 0, 0))
    expect(idListMask('64').length).toBe(16)
    expect(idListMask('0-8191')).toEqual(new Uint8Array(1024).fill(255))
    expect(() => idListMask('x')).toThrow(RangeError)
  })
})
