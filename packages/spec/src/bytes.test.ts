import { describe, expect, it } from 'vitest'
import { parseBytes } from './bytes.ts'

describe('parseBytes()', () => {
  it.each<[string | number | bigint, number | bigint]>([
    ['0', 0],
    ['1048576', 1048576],
    ['64MiB', 67108864],
    ['64mb', 67108864],
    ['64M', 67108864],
    ['512k', 524288],
    ['1.5g', 1610612736],
    ['2T', 2199023255552],
    ['0.5k', 512],
    ['10b', 10],
    ['0.0001k', 0],
    ['-1', -1],
    [-1, -1],
    [4096, 4096],
    ['9223372036854775807', 9223372036854775807n],
    [2n ** 62n, 4611686018427387904n],
  ])('%s is %s bytes', (size, bytes) => {
    expect(parseBytes(size)).toBe(bytes)
  })

  it.each([
    '',
    'M',
    '-2',
    '-1M',
    '1 M',
    ' 1',
    '1x',
    '1e3',
    '0x10',
    '1,5g',
    '1..5',
    '9223372036854775808',
    '9000000t',
    '1kk',
    '1.5.5',
    1.5,
    -2,
    Number.NaN,
    2 ** 53,
    2n ** 63n,
  ])('%s is refused', (size) => {
    expect(() => parseBytes(size)).toThrow(expect.objectContaining({ code: 'ERR_TEU_USAGE' }))
  })
})
