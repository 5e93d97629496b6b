import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TeuError } from './error.ts'
import { MAX_JSON_DEPTH, parseJson } from './json.ts'
import { type JsonValue, parseStrictly } from './json-parser.ts'
import { stringifyJson } from './json-stringify.ts'

function failure(text: string | Uint8Array, file?: string): TeuError {
  try {
    parseJson(text, { file })
  } catch (error) {
    return error as TeuError
  }
  throw new Error('expected a failure')
}

describe('parseJson() on text that is no JSON', () => {
  it.each([
    ['', 1, 1, 'expected a value, got the end of the text'],
    ['  \n ', 2, 2, 'expected a value, got the end of the text'],
    ['{"a": 1,\n  "b": }', 2, 8, 'expected a value after ":", got "}"'],
    ['{"a":1,}', 1, 8, 'expected a property name after ",", got "}"'],
    ['{,}', 1, 2, 'expected a property name or "}", got ","'],
    ['{"a" 1}', 1, 6, 'expected ":" after a property name, got "1"'],
    ['{"a":1 "b":2}', 1, 8, 'expected "," or "}", got "\\""'],
    ["{'a':1}", 1, 2, 'expected a property name or "}", got "\'"'],
    ['[1,]', 1, 4, 'expected a value after ",", got "]"'],
    ['[1 2]', 1, 4, 'expected "," or "]", got "2"'],
    ['[1,\r\n\t2', 2, 3, 'expected "," or "]", got the end of the text'],
    ['{} {}', 1, 4, 'expected the end of the text, got "{"'],
    ['nul', 1, 1, 'expected a value, got "n"'],
    ['NaN', 1, 1, 'expected a value, got "N"'],
    ['01', 1, 2, 'expected the end of the text, got "1"'],
    ['1.', 1, 2, 'expected the end of the text, got "."'],
    ['+1', 1, 1, 'expected a value, got "+"'],
    ['.5', 1, 1, 'expected a value, got "."'],
    ['0x10', 1, 2, 'expected the end of the text, got "x"'],
    ['"abc', 1, 5, "expected '\"' at the end of a string, got the end of the text"],
    ['"a\nb"', 1, 3, 'expected an escape sequence in place of a control character, got "\\n"'],
    ['"\\x41"', 1, 2, 'unknown escape sequence "\\\\x" in a string'],
    ['"\\u12g4"', 1, 2, 'unknown escape sequence "\\\\u" in a string'],
    ['\ufeff{}', 1, 1, 'expected a value, got a byte order mark'],
    ['{"a": 1 // one\n}', 1, 9, 'expected "," or "}", got a comment'],
    ['/* */ {}', 1, 1, 'expected a value, got a comment'],
    ['[😀]', 1, 2, 'expected a value or "]", got "😀"'],
    ['[1e400]', 1, 2, 'expected a number that can be kept exactly, got 1e400'],
  ])('%j fails at line %i, column %i', (text, line, column, problem) => {
    const error = failure(text, 'config.json')
    expect(error.message).toBe(`config.json:${line}:${column}: ${problem}`)
    expect(error).toMatchObject({ code: 'ERR_TEU_CONFIG_INVALID', line, column, path: 'config.json' })
  })

  it('names line and column when there is no file name', () => {
    expect(failure('[').message).toBe('line 1, column 2: expected a value or "]", got the end of the text')
  })

  it('refuses bytes that are not UTF-8, and a byte order mark in front of bytes', () => {
    expect(failure(Uint8Array.of(0x22, 0xff, 0x22), 'c').message).toBe('c: expected UTF-8, got bytes that are not')
    expect(failure(Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d)).message).toContain('a byte order mark')
    expect(parseJson(new TextEncoder().encode('{"ä":"😀"}'))).toEqual({ ä: '😀' })
  })

  it(`allows ${MAX_JSON_DEPTH} levels of nesting and no more`, () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
    expect(() => parseJson(nested(MAX_JSON_DEPTH))).not.toThrow()
    expect(failure(nested(MAX_JSON_DEPTH + 1)).message).toContain('more than 100 levels of nesting')
    expect(failure('{"a":'.repeat(1e5)).message).toContain('more than 100 levels of nesting')
    expect(failure('['.repeat(1e6)).message).toContain('more than 100 levels of nesting')
  })
})

describe('parseJson() on duplicate keys', () => {
  it.each([
    ['{"a":1,"a":1}', '/a', 1, 8],
    ['{"process":{"noNewPrivileges":true,\n"noNewPrivileges":false}}', '/process/noNewPrivileges', 2, 1],
    ['{"mounts":[{},{"source":"a","source":"b"}]}', '/mounts/1/source', 1, 29],
    ['{"a/b":1,"a\\u002fb":2}', '/a~1b', 1, 10],
    ['{"__proto__":1,"__proto__":2}', '/__proto__', 1, 16],
    ['{"":1,"":2}', '/', 1, 7],
  ])('%s is refused with its pointer', (text, pointer, line, column) => {
    const error = failure(text)
    expect(error).toMatchObject({ code: 'ERR_TEU_CONFIG_INVALID', pointer, line, column })
    expect(error.message).toContain('duplicate key')
  })

  it('keys that differ in case are different keys', () => {
    expect(parseJson('{"readonly":true,"Readonly":false}')).toEqual({ readonly: true, Readonly: false })
  })
})

describe('parseJson() on numbers', () => {
  it.each<[string, number | bigint]>([
    ['0', 0],
    ['-0', 0],
    ['1e3', 1000],
    ['1.0', 1],
    ['1.50e1', 15],
    ['100e-2', 1],
    ['0e99999999', 0],
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', 9007199254740992n],
    ['9007199254740993', 9007199254740993n],
    ['9007199254740993.0', 9007199254740993n],
    ['9.007199254740993e15', 9007199254740993n],
    ['-9223372036854775808', -9223372036854775808n],
    ['9223372036854775807', 9223372036854775807n],
    ['18446744073709551615', 18446744073709551615n],
    ['1.5', 1.5],
    ['-1e-3', -0.001],
    ['1e300', 1e300],
  ])('%s is exactly %s', (text, value) => {
    expect(parseJson(text)).toBe(value)
    expect(parseJson(`{"a":[${text}]}`)).toEqual({ a: [value] })
  })

  it.each(['0.99999999999999999999', '1e-400', '-1e999', '1.00000000000000000001'])(
    '%s is refused, because it would become another number',
    (text) => {
      expect(failure(text).message).toContain('expected a number that can be kept exactly')
    },
  )

  it.each(['0'.repeat(1e6), `1${'0'.repeat(1e6)}`, `0.${'0'.repeat(1e6)}1`, `1${'0'.repeat(1e6)}e-1000000`])(
    'is quick about a number of a million digits',
    (text) => {
      const start = performance.now()
      try {
        parseJson(text)
      } catch (error) {
        expect(error).toMatchObject({ code: 'ERR_TEU_CONFIG_INVALID' })
      }
      expect(performance.now() - start).toBeLessThan(10000)
    },
  )
})

describe('parseJson() on keys that mean something to the language', () => {
  const text = '{"__proto__":{"polluted":1},"constructor":"c","toString":"t","hasOwnProperty":"h","1":"one"}'

  it.each([text, text.replace('"one"', '1.0')])('keeps them as data: %s', (source) => {
    const object = parseJson(source) as Record<string, unknown>
    expect(Object.keys(object).sort()).toEqual(['1', '__proto__', 'constructor', 'hasOwnProperty', 'toString'])
    expect(Object.getOwnPropertyDescriptor(object, '__proto__')?.value).toEqual({ polluted: 1 })
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    expect((object as { polluted?: unknown }).polluted).toBeUndefined()
  })
})

describe('the quick way and the strict way', () => {
  const json: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom<JsonValue>(null, true, false, 0, -1, 1.5, '', '"', ':', '\\', '":"', '\u2028', '\ud800', 1e21, 2 ** 53),
      fc.string({ unit: 'binary' }),
      fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('__proto__', 'a:b', '"', '\\"')), tie('value'), { maxKeys: 4 }),
    ),
  })).value

  it('give the same value for the same text', () => {
    fc.assert(
      fc.property(json, fc.constantFrom(undefined, 2, '\t'), (value, indent) => {
        const text = stringifyJson(value, indent)
        expect(parseJson(text)).toStrictEqual(parseStrictly(text, undefined))
        expect(stringifyJson(parseJson(text), indent)).toBe(stringifyJson(parseStrictly(text, undefined), indent))
      }),
      { seed: 20261, numRuns: 2000 },
    )
  })

  it('refuse the same texts when a character is changed', () => {
    const outcome = (parse: () => unknown) => {
      try {
        return stringifyJson(parse())
      } catch (error) {
        return (error as TeuError).message
      }
    }
    const chars = fc.constantFrom('"', '\\', ':', ',', '{', '}', '[', ']', '0', '1', '.', 'e', '-', ' ', '\n', 'a', '\u0000')
    fc.assert(
      fc.property(json, chars, fc.nat(), fc.boolean(), (value, char, position, inserts) => {
        const text = stringifyJson(value)
        const at = position % (text.length + 1)
        const changed = text.slice(0, at) + char + text.slice(inserts ? at : at + 1)
        expect(outcome(() => parseJson(changed))).toBe(outcome(() => parseStrictly(changed, undefined)))
      }),
      { seed: 20262, numRuns: 5000 },
    )
  })
})
