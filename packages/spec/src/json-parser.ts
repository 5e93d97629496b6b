import { TeuError } from './error.ts'
import { exactNumber } from './json-number.ts'
import { type Place, pointerOf } from './place.ts'

/** What JSON can say. Objects are ordinary ones whose own properties are the data. */
export type JsonValue = null | boolean | number | bigint | string | JsonValue[] | JsonObject
/** A JSON object; read it by own properties only. */
export interface JsonObject {
  [key: string]: JsonValue
}

/** How deep arrays and objects may be nested. A config needs about eight levels. */
export const MAX_JSON_DEPTH = 100

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
/** Control characters and backslashes: everything below the space, and what lies between `[` and `]`. */
const NEEDS_CARE = /[^ -[\]-\uffff]/
const HEX = /^[0-9a-fA-F]{4}$/
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

/** The parser behind `parseJson`: one pass, decides every rule itself. */
export function parseStrictly(text: string, file: string | undefined): JsonValue {
  return new Parser(text, file).document()
}

class Parser {
  readonly #text: string
  readonly #file: string | undefined
  #at = 0
  #depth = 0

  constructor(text: string, file: string | undefined) {
    this.#text = text
    this.#file = file
  }

  document(): JsonValue {
    const value = this.#value('a value', undefined)
    this.#space()
    if (this.#at < this.#text.length) throw this.#unexpected('the end of the text')
    return value
  }

  #value(expected: string, place: Place | undefined): JsonValue {
    this.#space()
    switch (this.#text[this.#at]) {
      case '{':
        return this.#nested(() => this.#object(place))
      case '[':
        return this.#nested(() => this.#list(place))
      case '"':
        return this.#string()
      case 't':
        return this.#literal('true', true, expected)
      case 'f':
        return this.#literal('false', false, expected)
      case 'n':
        return this.#literal('null', null, expected)
      default:
        return this.#number(expected)
    }
  }

  #nested(parse: () => JsonValue): JsonValue {
    if (this.#depth === MAX_JSON_DEPTH) throw this.#error(`more than ${MAX_JSON_DEPTH} levels of nesting`)
    this.#depth += 1
    this.#at += 1
    const value = parse()
    this.#depth -= 1
    return value
  }

  #object(place: Place | undefined): JsonObject {
    const object: JsonObject = {}
    this.#space()
    if (this.#take('}')) return object
    let expected = 'a property name or "}"'
    do {
      this.#space()
      if (this.#text[this.#at] !== '"') throw this.#unexpected(expected)
      expected = 'a property name after ","'
      const start = this.#at
      const key = this.#string()
      const member: Place = { up: place, key }
      if (Object.hasOwn(object, key)) throw this.#duplicate(start, member)
      this.#space()
      if (!this.#take(':')) throw this.#unexpected('":" after a property name')
      const value = this.#value('a value after ":"', member)
      // A plain assignment to `__proto__` would change the prototype instead of adding a property.
      if (key === '__proto__') Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
      else object[key] = value
      this.#space()
    } while (this.#take(','))
    if (!this.#take('}')) throw this.#unexpected('"," or "}"')
    return object
  }

  #list(place: Place | undefined): JsonValue[] {
    const list: JsonValue[] = []
    this.#space()
    if (this.#take(']')) return list
    let expected = 'a value or "]"'
    do {
      list.push(this.#value(expected, { up: place, key: list.length }))
      expected = 'a value after ","'
      this.#space()
    } while (this.#take(','))
    if (!this.#take(']')) throw this.#unexpected('"," or "]"')
    return list
  }

  #string(): string {
    const start = this.#at + 1
    const end = this.#text.indexOf('"', start)
    const piece = this.#text.slice(start, end === -1 ? undefined : end)
    if (end === -1 || NEEDS_CARE.test(piece)) return this.#carefulString(start)
    this.#at = end + 1
    return piece
  }

  #carefulString(start: number): string {
    const parts: string[] = []
    let from = start
    for (let at = start; ; at += 1) {
      this.#at = at
      const char = this.#text[at]
      if (char === undefined) throw this.#unexpected("'\"' at the end of a string")
      if (char < ' ') throw this.#unexpected('an escape sequence in place of a control character')
      if (char === '"') {
        parts.push(this.#text.slice(from, at))
        this.#at = at + 1
        return parts.join('')
      }
      if (char === '\\') {
        parts.push(this.#text.slice(from, at), this.#escape(at))
        at += this.#text[at + 1] === 'u' ? 5 : 1
        from = at + 1
      }
    }
  }

  #escape(at: number): string {
    const letter = this.#text[at + 1] ?? ''
    if (letter === 'u') {
      const digits = this.#text.slice(at + 2, at + 6)
      if (HEX.test(digits)) return String.fromCharCode(Number.parseInt(digits, 16))
    } else if (letter !== '' && Object.hasOwn(ESCAPES, letter)) return ESCAPES[letter] as string
    throw this.#error(`unknown escape sequence ${JSON.stringify(`\\${letter}`)} in a string`)
  }

  #number(expected: string): number | bigint {
    NUMBER.lastIndex = this.#at
    const token = NUMBER.exec(this.#text)?.[0]
    if (token === undefined) throw this.#unexpected(expected)
    const value = exactNumber(token)
    if (value === undefined) throw this.#error(`expected a number that can be kept exactly, got ${shorten(token)}`)
    this.#at += token.length
    return value
  }

  #literal<T>(word: string, value: T, expected: string): T {
    if (!this.#text.startsWith(word, this.#at)) throw this.#unexpected(expected)
    this.#at += word.length
    return value
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at)
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
      this.#at += 1
    }
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false
    this.#at += 1
    return true
  }

  #unexpected(expected: string): TeuError {
    return this.#error(`expected ${expected}, got ${this.#found()}`)
  }

  #found(): string {
    const rest = this.#text.slice(this.#at, this.#at + 2)
    if (rest === '') return 'the end of the text'
    if (rest.startsWith('\ufeff')) return 'a byte order mark'
    if (rest === '//' || rest === '/*') return 'a comment'
    return JSON.stringify(String.fromCodePoint(rest.codePointAt(0) as number))
  }

  #duplicate(at: number, place: Place): TeuError {
    this.#at = at
    const pointer = pointerOf(place)
    return this.#error(`duplicate key ${shorten(JSON.stringify(place.key))} (${shorten(pointer)})`, pointer)
  }

  #error(problem: string, pointer?: string): TeuError {
    const before = this.#text.slice(0, this.#at)
    const line = before.split('\n').length
    const column = this.#at - before.lastIndexOf('\n')
    const where = this.#file === undefined ? `line ${line}, column ${column}` : `${this.#file}:${line}:${column}`
    return new TeuError('ERR_TEU_CONFIG_INVALID', `${where}: ${problem}`, { path: this.#file, line, column, pointer })
  }
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
