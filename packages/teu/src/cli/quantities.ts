/** Numbers as people and engines write them on a command line: byte counts, durations, counts. */

import { type Integer, isTeuError, parseBytes } from '@teu/spec'
import { usage } from './parse.ts'

/** `512k`, `50M`, `1.5g`, `64MiB`: bytes, 1024-based, in any case. `-1` means no limit.
 *  @throws {TeuError} ERR_TEU_USAGE, naming the option */
export function parseSize(option: string, text: string): Integer {
  try {
    return parseBytes(text)
  } catch (error) {
    if (!isTeuError(error, 'ERR_TEU_USAGE')) throw error
    throw usage(`--${option}: ${error.message}`, error.remedy)
  }
}

const MS_PER_UNIT: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** `500ms`, `10s`, `1m30s`, `1.5h`; a bare number counts seconds. Gives milliseconds, more than 0.
 *  @throws {TeuError} ERR_TEU_USAGE, naming the option */
export function parseDurationMs(option: string, text: string): number {
  let total = 0
  if (/^\d+(\.\d+)?$/.test(text)) total = Number(text) * 1000
  else if (/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) {
    for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g))
      total += Number(amount) * (MS_PER_UNIT[unit as string] as number)
  }
  total = Math.round(total)
  // Timers count milliseconds in 31 bits.
  if (total > 0 && total <= 0x7fffffff) return total
  throw usage(`--${option}: expected a duration above 0 such as 500ms, 10s or 1m30s, got "${text}"`)
}

/** A whole number in plain decimal between `min` and `max`: no sign but a leading minus, no leading zero, no exponent.
 *  @throws {TeuError} ERR_TEU_USAGE, naming the option */
export function parseInteger(option: string, text: string, min: bigint, max: bigint): bigint {
  const value = /^(0|-?[1-9]\d{0,19})$/.test(text) ? BigInt(text) : undefined
  if (value !== undefined && value >= min && value <= max) return value
  throw usage(`--${option}: expected a whole number from ${min} to ${max}, got "${text}"`)
}
