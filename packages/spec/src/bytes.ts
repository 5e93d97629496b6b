import { TeuError } from './error.ts'
import { INT64_MAX, narrowInteger } from './integer.ts'
import type { Integer } from './types/integer.ts'
import { describeValue } from './validate/describe-value.ts'

const UNITS = ['', 'k', 'm', 'g', 't'] as const
const SIZE = /^(\d{1,19})(?:\.(\d{1,9}))?([kmgt]?)(?:i?b)?$/i

/**
 * Number of bytes in a size such as `64MiB`, `512k`, `1.5g` or `1048576`. Units are 1024-based, in any case, with or without `b` or
 * `iB`; -1 (also as a number) stands for unlimited. A fraction of a byte is cut off.
 * @param name  what it is the size of, for the message
 * @returns at most 2^63 - 1
 * @throws {TeuError} ERR_TEU_USAGE for anything else
 */
export function parseBytes(size: string | Integer, name?: string): Integer {
  const bytes = typeof size === 'string' ? parseSize(size) : size
  const isExact = typeof bytes === 'bigint' || Number.isSafeInteger(bytes)
  if (bytes !== undefined && isExact && bytes >= -1 && bytes <= INT64_MAX) return bytes
  throw new TeuError(
    'ERR_TEU_USAGE',
    `${name === undefined ? '' : `${name}: `}expected a size in bytes such as 64MiB, got ${describeValue(size)}`,
    {
      remedy: 'Use a number with k, m, g or t (1024-based), or -1 for unlimited',
    },
  )
}

function parseSize(text: string): Integer | undefined {
  if (text === '-1') return -1
  const [, whole, fraction = '', unit = ''] = SIZE.exec(text) ?? []
  if (whole === undefined) return undefined
  const factor = 1024n ** BigInt(UNITS.indexOf(unit.toLowerCase() as (typeof UNITS)[number]))
  const bytes = BigInt(whole) * factor + (BigInt(fraction || '0') * factor) / 10n ** BigInt(fraction.length)
  return narrowInteger(bytes)
}
