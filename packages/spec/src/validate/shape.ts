/**
 * Shapes: what a value must be, as data, and the one function that compares a value with a shape.
 *
 * Tables instead of code, because a command validates one config in its life: one small function that runs often is sooner done than
 * many that run once (less than a millisecond instead of three in a compiled command). For the same reason the loops here do without
 * `entries()`, `map()` and the like, which an engine compiles at their first use.
 *
 * A rule that needs more than one value at a time is the `check` of the object or list around them. It only runs when everything in
 * there has the right shape, so that it can rely on the types.
 */

import { ID_MAX, INT64_MAX, INT64_MIN, UINT32_MAX, UINT64_MAX } from '../integer.ts'
import type { Place } from '../place.ts'
import type { Integer } from '../types/integer.ts'
import { describeValue, quote } from './describe-value.ts'
import type { Report } from './report.ts'
import type { StringRule } from './rules.ts'

export interface TextShape {
  readonly is: 'text'
  readonly rule?: StringRule
}

export interface WordShape {
  readonly is: 'word'
  readonly of: readonly string[]
}

export interface BooleanShape {
  readonly is: 'boolean'
}

/** A bigint is taken only where `max` does not fit a number. */
export interface IntegerShape {
  readonly is: 'integer'
  readonly min: Integer
  readonly max: Integer
}

export interface ListShape<T = unknown> {
  readonly is: 'list'
  readonly of: Shape
  /** An empty list is refused. */
  readonly filled?: boolean
  /** No two objects in the list may have the same text in this property. */
  readonly unique?: keyof T & string
  check?(list: readonly T[], place: Place, report: Report): void
}

/** Any {@link ListShape}, with the type of its items forgotten. */
interface SomeListShape {
  readonly is: 'list'
  readonly of: Shape
  readonly filled?: boolean
  readonly unique?: string
  check?(list: readonly never[], place: Place, report: Report): void
}

/** An object with these properties. Others are ignored, as the specification says. */
export interface ObjectShape<T extends object> {
  readonly is: 'object'
  readonly required?: readonly (keyof T & string)[]
  readonly fields: Readonly<Record<keyof T, Shape>>
  check?(object: T, place: Place | undefined, report: Report): void
}

/** Any {@link ObjectShape}, with the type of its object forgotten. */
interface SomeObjectShape {
  readonly is: 'object'
  readonly required?: readonly string[]
  readonly fields: Readonly<Record<string, Shape>>
  check?(object: never, place: Place | undefined, report: Report): void
}

/** An object whose keys are data. */
export interface MapShape<T = unknown> {
  readonly is: 'map'
  readonly key: StringRule
  readonly of: Shape
  check?(map: Readonly<Record<string, T>>, place: Place, report: Report): void
}

/** A value that somebody else judges. */
export interface AnyShape {
  readonly is: 'any'
}

export type Shape = TextShape | WordShape | BooleanShape | IntegerShape | SomeListShape | SomeObjectShape | MapShape | AnyShape

export const ANY: AnyShape = { is: 'any' }
export const TEXT: TextShape = { is: 'text' }
export const TEXTS: ListShape<string> = { is: 'list', of: TEXT }
export const BOOLEAN: BooleanShape = { is: 'boolean' }
/** A uid or gid. */
export const ID: IntegerShape = { is: 'integer', min: 0, max: ID_MAX }
export const UINT32: IntegerShape = { is: 'integer', min: 0, max: UINT32_MAX }
export const UINT64: IntegerShape = { is: 'integer', min: 0, max: UINT64_MAX }
export const INT64: IntegerShape = { is: 'integer', min: INT64_MIN, max: INT64_MAX }

/** An own property; undefined when it is absent or null. Nothing inherited is ever read as config. */
export function own<T extends object, K extends keyof T>(object: T, key: K): NonNullable<T[K]> | undefined {
  return Object.hasOwn(object, key) ? (object[key] ?? undefined) : undefined
}

/** Compares a value with a shape and reports what is wrong. @returns true when everything is right */
export function checkShape(shape: Shape, value: unknown, place: Place | undefined, report: Report): boolean {
  switch (shape.is) {
    case 'text':
      return checkText(value, shape.rule, place, report)
    case 'word':
      return (
        (typeof value === 'string' && shape.of.includes(value)) ||
        report.problem(place, `expected one of ${shape.of.filter((word) => word !== '').join(', ')}, got ${describeValue(value)}`)
      )
    case 'boolean':
      return typeof value === 'boolean' || report.problem(place, `expected true or false, got ${describeValue(value)}`)
    case 'integer':
      return isIntegerIn(shape, value) || report.problem(place, `expected ${range(shape)}, got ${describeValue(value)}`)
    case 'list':
      return checkList(shape, value, place, report)
    case 'object':
      return checkObject(shape, value, place, report)
    case 'map':
      return checkMap(shape, value, place, report)
    case 'any':
  }
  return true
}

/** Text has to arrive whole on the other side of the C border: no NUL, no half of a surrogate pair. */
function checkText(value: unknown, rule: StringRule | undefined, place: Place | undefined, report: Report): boolean {
  if (typeof value !== 'string') return report.problem(place, `expected a string, got ${describeValue(value)}`)
  const expected = isWhole(value) ? rule?.(value) : 'text without NUL characters and unpaired surrogates'
  return expected === undefined || report.problem(place, `expected ${expected}, got ${quote(value)}`)
}

function isWhole(text: string): boolean {
  return !text.includes('\0') && (text as string & { isWellFormed(): boolean }).isWellFormed()
}

function checkList(shape: SomeListShape, value: unknown, place: Place | undefined, report: Report): boolean {
  if (!Array.isArray(value)) return report.problem(place, `expected an array, got ${describeValue(value)}`)
  const list: readonly unknown[] = value
  if (list.length === 0 && shape.filled === true) return report.problem(place, 'expected at least one entry, got an empty array')
  let right = true
  for (let index = 0; index < list.length; index += 1) {
    right = checkShape(shape.of, list[index], { up: place, key: index }, report) && right
  }
  if (!right || place === undefined) return right
  if (shape.unique !== undefined && list.length > 1) refuseRepeated(list as Record<string, unknown>[], shape.unique, place, report)
  if (list.length > 0) shape.check?.(list as never[], place, report)
  return true
}

function refuseRepeated(list: readonly Readonly<Record<string, unknown>>[], property: string, place: Place, report: Report): void {
  const seen = new Set<unknown>()
  for (let key = 0; key < list.length; key += 1) {
    const value = list[key]?.[property]
    if (seen.has(value)) report.problem({ up: { up: place, key }, key: property }, `${describeValue(value)} is there twice`)
    seen.add(value)
  }
}

function checkObject(shape: SomeObjectShape, value: unknown, place: Place | undefined, report: Report): boolean {
  if (!isPlainObject(value)) return report.problem(place, `expected an object, got ${describeValue(value)}`)
  let right = true
  if (shape.required !== undefined) {
    for (const key of shape.required) {
      if (!Object.hasOwn(value, key) || isAbsent(value[key], report)) right = report.problem({ up: place, key }, 'required, but missing')
    }
  }
  for (const key of Object.keys(value)) {
    const field = Object.hasOwn(shape.fields, key) ? shape.fields[key] : undefined
    if (field !== undefined && !isAbsent(value[key], report)) right = checkShape(field, value[key], { up: place, key }, report) && right
  }
  if (right) shape.check?.(value as never, place, report)
  return right
}

function checkMap(shape: MapShape, value: unknown, place: Place | undefined, report: Report): boolean {
  if (!isPlainObject(value)) return report.problem(place, `expected an object, got ${describeValue(value)}`)
  let right = true
  for (const key of Object.keys(value)) {
    const below: Place = { up: place, key }
    const expected = isWhole(key) ? shape.key(key) : 'a key without NUL characters and unpaired surrogates'
    if (expected !== undefined) right = report.problem(below, `expected ${expected}, got the key ${quote(key)}`)
    else right = checkShape(shape.of, value[key], below, report) && right
  }
  if (right && place !== undefined) shape.check?.(value, place, report)
  return right
}

function isAbsent(value: unknown, report: Report): boolean {
  return value === undefined || (value === null && report.nullIsAbsent)
}

/** An object whose own properties are the data: a literal, a parsed one, one without prototype. Not a Map, Date or class instance. */
function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}

/** Numbers that are not safe integers are not exact, so that nobody knows which integer was meant. */
function isIntegerIn({ min, max }: IntegerShape, value: unknown): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= min && value <= max
  return typeof value === 'bigint' && typeof max === 'bigint' && value >= min && value <= max
}

function range({ min, max }: IntegerShape): string {
  if (max === INT64_MAX) return min === INT64_MIN ? 'an integer of 64 bits' : `an integer >= ${min}`
  return `an integer from ${min} to ${max}`
}
