import { describe, expect, it } from 'vitest'
import { parseJson } from './json.ts'
import { stringifyJson } from './json-stringify.ts'

describe('stringifyJson()', () => {
  const value = { b: [1, 'x', null, true, {}, [], { c: 'ä"\n' }], a: undefined, d: new Date(0), f: () => 1, g: [undefined] }

  it.each([undefined, 0, 2, 4, '\t', 20])('is like JSON.stringify with indent %j', (indent) => {
    expect(stringifyJson(value, indent)).toBe(JSON.stringify(value, undefined, indent))
    const withBigInt = stringifyJson({ ...value, z: 7n }, indent)
    expect(withBigInt).toBe(JSON.stringify({ ...value, z: 7 }, undefined, indent))
  })

  it('writes bigints as plain integers, wherever they are', () => {
    expect(stringifyJson(18446744073709551615n)).toBe('18446744073709551615')
    expect(stringifyJson([{ a: [-9223372036854775808n] }])).toBe('[{"a":[-9223372036854775808]}]')
  })

  it('keeps the order of keys and gives back what parseJson took', () => {
    const text = '{"z":1,"a":{"y":18446744073709551615,"b":[]},"m":"1"}'
    expect(stringifyJson(parseJson(text))).toBe(text)
  })

  it('writes __proto__ as data', () => {
    expect(stringifyJson(parseJson('{"__proto__":1,"a":18446744073709551615}'))).toBe('{"__proto__":1,"a":18446744073709551615}')
  })

  it('is not led astray by a toJSON on BigInt.prototype', () => {
    Reflect.defineProperty(BigInt.prototype, 'toJSON', { value: () => 'text', configurable: true })
    try {
      expect(stringifyJson({ a: 1n })).toBe('{"a":1}')
    } finally {
      Reflect.deleteProperty(BigInt.prototype, 'toJSON')
    }
  })
})
