import { describe, expect, it } from 'vitest'
import { checkOptions, integerOption, OPTION, wordOption } from './check-options.ts'

const RULES = {
  timeoutMs: OPTION.milliseconds,
  signal: OPTION.abortSignal,
  network: wordOption('none', 'host'),
  path: OPTION.path,
  tries: integerOption(1, 9),
  args: OPTION.texts,
}
const check = (options: unknown) => () => checkOptions('box.run', options, RULES)

describe('checkOptions()', () => {
  it('takes what is right, and undefined for everything', () => {
    const right = { timeoutMs: 0, signal: AbortSignal.abort(), network: 'host', path: '/x', tries: 9, args: ['a'] }
    expect(check(right)).not.toThrow()
    expect(check({ timeoutMs: undefined, args: undefined })).not.toThrow()
    expect(check(Object.create(null))).not.toThrow()
  })

  it.each([
    [undefined, TypeError, 'box.run: options must be an object, got nothing'],
    [null, TypeError, 'box.run: options must be an object, got null'],
    [[], TypeError, 'box.run: options must be an object, got an empty array'],
    ['x', TypeError, 'box.run: options must be an object, got "x"'],
    [{ timoutMs: 5 }, TypeError, 'box.run: there is no option timoutMs'],
    [{ toString: 5 }, TypeError, 'box.run: there is no option toString'],
    [{ ['__proto__']: 5 }, TypeError, 'box.run: there is no option __proto__'],
    [{ timeoutMs: '5' }, TypeError, 'box.run: timeoutMs must be an integer of milliseconds from 0 to 4294967295, got "5"'],
    [{ timeoutMs: null }, TypeError, 'got null'],
    [{ timeoutMs: Number.NaN }, RangeError, 'got NaN'],
    [{ timeoutMs: -1 }, RangeError, 'got -1'],
    [{ timeoutMs: 1.5 }, RangeError, 'got 1.5'],
    [{ timeoutMs: Number.POSITIVE_INFINITY }, RangeError, 'got Infinity'],
    [{ signal: {} }, TypeError, 'box.run: signal must be an AbortSignal, got an object'],
    [{ network: 'bridge' }, RangeError, 'box.run: network must be none or host, got "bridge"'],
    [{ path: '' }, RangeError, 'box.run: path must be a path, got ""'],
    [{ path: 'a\0b' }, RangeError, String.raw`got "a\u0000b"`],
    [{ tries: 0 }, RangeError, 'box.run: tries must be an integer from 1 to 9, got 0'],
    [{ args: 'x' }, TypeError, 'box.run: args must be an array of strings, got "x"'],
    [{ args: ['x', 5] }, TypeError, 'box.run: args must be an array of strings, got an array'],
  ])('refuses %o', (options, kind, message) => {
    expect(check(options)).toThrow(kind)
    expect(check(options)).toThrow(message)
  })
})
