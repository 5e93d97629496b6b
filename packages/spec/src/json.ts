/** Strict JSON for config files: exact 64-bit integers, no duplicate keys, errors with a position. */

import { TeuError } from './error.ts'
import { type JsonValue, MAX_JSON_DEPTH, parseStrictly } from './json-parser.ts'

export type { JsonObject, JsonValue } from './json-parser.ts'
export { MAX_JSON_DEPTH } from './json-parser.ts'

/** Options of {@link parseJson}. */
export interface ParseJsonOptions {
  /** Name of the file that the text came from, for messages. */
  file?: string | undefined
}

/** Longer texts go through the strict parser at once: the regular expressions below are only sure to finish on short ones. */
const QUICK_LENGTH = 1 << 20
const STRINGS = /"[^"\\]*(?:\\.[^"\\]*)*"/g
const PLAIN_STRINGS = /"[^"]*"/g
/** Numbers that `JSON.parse` may round, or keep as -0. */
const ROUNDED = /\d{16}|\d[.eE]|-0/

/**
 * Parses JSON (RFC 8259) strictly.
 *
 * - Integers are exact: a `number` when safe, else a `bigint`. `1e3` and `1.0` are the integers 1000 and 1. A fraction is a
 *   `number`; one that would be rounded to an integer is refused.
 * - A key that occurs twice in an object is refused, as are a byte order mark, comments and trailing commas.
 * - Every key is plain data, `__proto__` and `constructor` too.
 * - Nesting is limited to {@link MAX_JSON_DEPTH}.
 *
 * @param text  text, or bytes of UTF-8
 * @throws {TeuError} ERR_TEU_CONFIG_INVALID with `line` and `column` (from 1), and `pointer` for a duplicate key
 */
export function parseJson(text: string | Uint8Array, options: ParseJsonOptions = {}): JsonValue {
  const { file } = options
  const source = typeof text === 'string' ? text : decodeUtf8(text, file)
  const quick = parseQuickly(source)
  return quick === undefined ? parseStrictly(source, file) : quick
}

/**
 * The native parser is several times faster, above all in a process that has just started, but takes the last of duplicate keys and
 * rounds numbers. What is left of a valid text without its strings shows both: a colon stands for a key, and all digits are those
 * of numbers. When the value has fewer members than the text has colons, a key was there twice.
 * @returns undefined when the strict parser has to decide
 */
function parseQuickly(text: string): JsonValue | undefined {
  if (text.length > QUICK_LENGTH) return undefined
  try {
    const value = JSON.parse(text) as JsonValue
    const rest = text.replace(text.includes('\\') ? STRINGS : PLAIN_STRINGS, '')
    if (ROUNDED.test(rest)) return undefined
    return countMembers(value, 0) === rest.split(':').length - 1 ? value : undefined
  } catch {
    return undefined
  }
}

/** Members of all objects in `value`; never equal to a count of colons when the nesting is too deep. */
function countMembers(value: JsonValue, depth: number): number {
  if (typeof value !== 'object' || value === null) return 0
  if (depth === MAX_JSON_DEPTH) return Number.NaN
  const isList = Array.isArray(value)
  const values = isList ? value : Object.values(value)
  let count = isList ? 0 : values.length
  for (const item of values) if (typeof item === 'object') count += countMembers(item, depth + 1)
  return count
}

function decodeUtf8(bytes: Uint8Array, file: string | undefined): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new TeuError('ERR_TEU_CONFIG_INVALID', `${file ?? 'JSON text'}: expected UTF-8, got bytes that are not`, { path: file, cause })
  }
}
