/** Checks of what a program passes to public functions, before anything is done with it. Mistakes of a program are no TeuError. */

import { describeValue } from './validate/describe-value.ts'

/** What an option has to be. */
export interface OptionRule {
  /** Completes "… must be". */
  readonly expected: string
  /** False makes a TypeError. */
  readonly isKind: (value: unknown) => boolean
  /** Asked for values of the right kind; false makes a RangeError. */
  readonly isInRange?: (value: never) => boolean
}

/** The rules of a function's options, by name. */
export type OptionRules = Readonly<Record<string, OptionRule>>

/** Checks the names and values of an options object. What is undefined counts as not given.
 *  @param where  the function, as its caller knows it
 *  @throws {TypeError} for an option that does not exist, and for a value of the wrong type
 *  @throws {RangeError} for a value outside of its range */
export function checkOptions(where: string, options: unknown, rules: OptionRules): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`${where}: options must be an object, got ${describeValue(options)}`)
  }
  for (const key of Object.keys(options)) {
    const value = (options as Record<string, unknown>)[key]
    if (value === undefined) continue
    const rule = Object.hasOwn(rules, key) ? rules[key] : undefined
    if (rule === undefined) throw new TypeError(`${where}: there is no option ${key}`)
    checkValue(where, key, value, rule)
  }
}

/** Checks one value.
 *  @throws {TypeError | RangeError} as {@link checkOptions} */
export function checkValue(where: string, name: string, value: unknown, rule: OptionRule): void {
  const isKind = rule.isKind(value)
  if (isKind && rule.isInRange?.(value as never) !== false) return
  const message = `${where}: ${name} must be ${rule.expected}, got ${describeValue(value)}`
  throw isKind ? new RangeError(message) : new TypeError(message)
}

const isString = (value: unknown): boolean => typeof value === 'string'
const isNumber = (value: unknown): boolean => typeof value === 'number'
const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value)

/** An integer between two numbers, both allowed. `unit` says what is counted. */
export function integerOption(from: number, to: number, unit?: string): OptionRule {
  return {
    expected: `an integer${unit === undefined ? '' : ` of ${unit}`} from ${from} to ${to}`,
    isKind: isNumber,
    isInRange: (value: number) => Number.isInteger(value) && value >= from && value <= to,
  }
}

/** One of some words. */
export function wordOption(...words: readonly string[]): OptionRule {
  return { expected: words.join(' or '), isKind: isString, isInRange: (value: string) => words.includes(value) }
}

/** A list whose entries all are of one kind. */
export function listOption(entries: string, isEntry: (value: unknown) => boolean): OptionRule {
  return { expected: `an array of ${entries}`, isKind: (value) => Array.isArray(value) && value.every(isEntry) }
}

/** Rules that many functions need. */
export const OPTION: {
  readonly text: OptionRule
  readonly flag: OptionRule
  readonly callback: OptionRule
  readonly object: OptionRule
  readonly texts: OptionRule
  readonly abortSignal: OptionRule
  readonly path: OptionRule
  readonly milliseconds: OptionRule
  /** Checked elsewhere, with more to say about it. */
  readonly any: OptionRule
} = {
  text: { expected: 'a string', isKind: isString },
  flag: { expected: 'true or false', isKind: (value) => typeof value === 'boolean' },
  callback: { expected: 'a function', isKind: (value) => typeof value === 'function' },
  object: { expected: 'an object', isKind: isObject },
  texts: listOption('strings', isString),
  abortSignal: {
    expected: 'an AbortSignal',
    isKind: (value) => isObject(value) && typeof (value as AbortSignal).throwIfAborted === 'function',
  },
  path: { expected: 'a path', isKind: isString, isInRange: (value: string) => value !== '' && !value.includes('\0') },
  milliseconds: integerOption(0, 0xffff_ffff, 'milliseconds'),
  any: { expected: 'anything', isKind: () => true },
}
