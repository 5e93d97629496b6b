import { describe, expect, it } from 'vitest'
import { parseDurationMs, parseInteger, parseSize } from './quantities.ts'

describe('parseSize()', () => {
  it.each([
    ['0', 0],
    ['512k', 512 * 1024],
    ['50M', 50 * 1024 ** 2],
    ['1.5g', 1.5 * 1024 ** 3],
    ['64MiB', 64 * 1024 ** 2],
    ['2tb', 2 * 1024 ** 4],
    ['-1', -1],
  ])('reads %s', (text, bytes) => {
    expect(BigInt(parseSize('memory', text))).toBe(BigInt(bytes))
  })

  it.each(['', '-2', '1x', '1e3', '0x10', ' 1', '1.5.5g', 'k'])('refuses "%s", naming the option', (text) => {
    expect(() => parseSize('memory', text)).toThrow(/^--memory: /)
  })
})

describe('parseDurationMs()', () => {
  it.each([
    ['500ms', 500],
    ['10s', 10_000],
    ['5', 5000],
    ['0.5', 500],
    ['1m30s', 90_000],
    ['1.5h', 5_400_000],
  ])('reads %s', (text, ms) => {
    expect(parseDurationMs('interval', text)).toBe(ms)
  })

  it.each(['', '0', '0s', '-5s', '5x', 's', '1e3s', '999h', '1h '])('refuses "%s", naming the option', (text) => {
    expect(() => parseDurationMs('interval', text)).toThrow(/^--interval: expected a duration above 0/)
  })
})

describe('parseInteger()', () => {
  it('is exact to 64 bits', () => {
    expect(parseInteger('cpu-share', '18446744073709551615', 0n, 2n ** 64n - 1n)).toBe(18446744073709551615n)
  })

  it.each(['', '01', '+1', '1.0', '1e3', '0x1', ' 1', '1 ', '-0', '--1', '11', '-1'])('refuses "%s" where 0 to 10 is asked for', (text) => {
    expect(() => parseInteger('n', text, 0n, 10n)).toThrow(`--n: expected a whole number from 0 to 10, got "${text}"`)
  })
})
