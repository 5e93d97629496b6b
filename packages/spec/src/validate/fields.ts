import type { Place } from '../place.ts'
import type { Integer } from '../types/integer.ts'
import { describeValue, quote } from './describe-value.ts'
import type { Report } from './report.ts'
import { oneOf, type StringRule } from './rules.ts'

/** Bounds of the integer types of the specification. */
export const UINT32_MAX = 4294967295
export const INT64_MAX: bigint = 2n ** 63n - 1n
export const INT64_MIN: bigint = -(2n ** 63n)
export const UINT64_MAX: bigint = 2n ** 64n - 1n
/** 4294967295 means "no id" to the kernel. */
export const ID_MAX = 4294967294

/** True for text that arrives whole on the other side of the C border: no NUL, no half of a surrogate pair. */
function isWhole(text: string): boolean {
  return !text.includes('\0') && (text as string & { isWellFormed(): boolean }).isWellFormed()
}

/** An object whose own properties are the data: a literal, a parsed one, one without prototype. Not a Map, Date or class instance. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null
}

/** Checks one string; `up` and `key` say where it stands. */
function checkString(report: Report, up: Place | undefined, key: string | number, value: unknown, rule?: StringRule): value is string {
  if (typeof value !== 'string') {
    report.problem({ up, key }, `expected a string, got ${describeValue(value)}`)
    return false
  }
  const expected = isWhole(value) ? rule?.(value) : 'text without NUL characters and unpaired surrogates'
  if (expected === undefined) return true
  report.problem({ up, key }, `expected ${expected}, got ${quote(value)}`)
  return false
}

/** Checks one integer. Numbers that are not safe integers are not exact, so that nobody knows which integer was meant. */
function checkInteger(
  report: Report,
  up: Place | undefined,
  key: string | number,
  value: unknown,
  min: Integer,
  max: Integer,
): value is Integer {
  const isExact = typeof value === 'bigint' || Number.isSafeInteger(value)
  if (isExact && (value as Integer) >= min && (value as Integer) <= max) return true
  report.problem({ up, key }, `expected ${range(min, max)}, got ${describeValue(value)}`)
  return false
}

/**
 * One object of a config. Each reader returns the value of an own property, or undefined when it is absent or wrong; wrong ones are
 * reported. Nothing inherited is ever read.
 */
export class Fields {
  readonly report: Report
  readonly place: Place | undefined
  readonly #source: Readonly<Record<string, unknown>>

  /** undefined, and a problem, when `value` is no object. */
  static of(report: Report, place: Place | undefined, value: unknown): Fields | undefined {
    if (isPlainObject(value)) return new Fields(report, place, value)
    report.problem(place, `expected an object, got ${describeValue(value)}`)
    return undefined
  }

  private constructor(report: Report, place: Place | undefined, source: Readonly<Record<string, unknown>>) {
    this.report = report
    this.place = place
    this.#source = source
  }

  /** The raw value; undefined when absent. */
  value(key: string): unknown {
    const value = Object.hasOwn(this.#source, key) ? this.#source[key] : undefined
    return value === null && this.report.nullIsAbsent ? undefined : value
  }

  has(key: string): boolean {
    return this.value(key) !== undefined
  }

  /** Keys of an object that is used as a map. */
  keys(): string[] {
    return Object.keys(this.#source)
  }

  at(key: string | number): Place {
    return { up: this.place, key }
  }

  problem(key: string, text: string): void {
    this.report.problem(this.at(key), text)
  }

  expected(key: string, what: string): void {
    this.problem(key, `expected ${what}, got ${describeValue(this.value(key))}`)
  }

  /** Reports those of `keys` that are missing. */
  require(...keys: readonly string[]): void {
    for (const key of keys) if (!this.has(key)) this.problem(key, 'required, but missing')
  }

  boolean(key: string): boolean | undefined {
    const value = this.value(key)
    if (value === undefined || typeof value === 'boolean') return value
    this.expected(key, 'true or false')
    return undefined
  }

  integer(key: string, min: Integer, max: Integer): Integer | undefined {
    const value = this.value(key)
    return value !== undefined && checkInteger(this.report, this.place, key, value, min, max) ? value : undefined
  }

  string(key: string, rule?: StringRule): string | undefined {
    const value = this.value(key)
    return value !== undefined && checkString(this.report, this.place, key, value, rule) ? value : undefined
  }

  /** One of a fixed set of words. */
  word<T extends string>(key: string, words: readonly T[]): T | undefined {
    return this.string(key, oneOf(words)) as T | undefined
  }

  list(key: string): readonly unknown[] | undefined {
    const value = this.value(key)
    if (value === undefined || Array.isArray(value)) return value
    this.expected(key, 'an array')
    return undefined
  }

  /** A list of strings; undefined when one of them is wrong. */
  strings(key: string, rule?: StringRule): readonly string[] | undefined {
    const list = this.list(key)
    if (list === undefined) return undefined
    const up = this.at(key)
    let right = true
    for (let index = 0; index < list.length; index += 1) right = checkString(this.report, up, index, list[index], rule) && right
    return right ? (list as readonly string[]) : undefined
  }

  integers(key: string, min: Integer, max: Integer): readonly Integer[] | undefined {
    const list = this.list(key)
    if (list === undefined) return undefined
    const up = this.at(key)
    let right = true
    for (let index = 0; index < list.length; index += 1) right = checkInteger(this.report, up, index, list[index], min, max) && right
    return right ? (list as readonly Integer[]) : undefined
  }

  object(key: string): Fields | undefined {
    const value = this.value(key)
    return value === undefined ? undefined : Fields.of(this.report, this.at(key), value)
  }

  /** The objects of a list, without those that are none. */
  objects(key: string): Fields[] {
    const list = this.list(key)
    if (list === undefined) return []
    const up = this.at(key)
    const found: Fields[] = []
    for (let index = 0; index < list.length; index += 1) {
      const fields = Fields.of(this.report, { up, key: index }, list[index])
      if (fields !== undefined) found.push(fields)
    }
    return found
  }

  /** Checks an object that is used as a map of strings. */
  stringMap(key: string, keyRule: StringRule): void {
    const map = this.object(key)
    if (map === undefined) return
    for (const name of map.keys()) {
      if (!checkKey(map, name, keyRule)) continue
      map.require(name)
      map.string(name)
    }
  }
}

/** Checks a key of an object that is used as a map. */
export function checkKey(map: Fields, key: string, rule: StringRule): boolean {
  const expected = isWhole(key) ? rule(key) : 'a key without NUL characters and unpaired surrogates'
  if (expected === undefined) return true
  map.problem(key, `expected ${expected}, got the key ${quote(key)}`)
  return false
}

function range(min: Integer, max: Integer): string {
  if (max === INT64_MAX) return min === INT64_MIN ? 'an integer of 64 bits' : `an integer >= ${min}`
  return `an integer from ${min} to ${max}`
}
