/** Formats of cgroup files, and reading them such that what is not there is absent. */

import { readdirSync, readFileSync } from 'node:fs'

/** Reasons for which a figure is simply not offered: no such file, cgroup gone, switched off (psi=0), or not for this user. */
const ABSENT: readonly (string | undefined)[] = ['ENOENT', 'ENODEV', 'ENOTDIR', 'EOPNOTSUPP', 'ENOTSUP', 'EACCES', 'EPERM', 'EINVAL', 'EIO']

/** v1 shows "no limit" as the largest number of whole pages; pages have at most 64 KiB. */
const V1_UNLIMITED = 0x7fff_ffff_ffff_0000n

/** Content of a file, undefined when there is nothing to read. */
export function readText(directory: string | undefined, file: string): string | undefined {
  if (directory === undefined) return undefined
  try {
    return readFileSync(`${directory}/${file}`, 'latin1')
  } catch (error) {
    if (ABSENT.includes((error as NodeJS.ErrnoException).code)) return undefined
    throw error
  }
}

/** Names in a directory, none when it is not there. */
export function readNames(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    if (ABSENT.includes((error as NodeJS.ErrnoException).code)) return []
    throw error
  }
}

/** An integer; the kernel's few negative readings (races of its counters) count as 0. */
export function toCount(text: string | undefined): bigint | undefined {
  const digits = text?.trim() ?? ''
  if (!/^-?\d+$/.test(digits)) return undefined
  return digits.startsWith('-') ? 0n : BigInt(digits)
}

/** A limit: `max`, and v1's largest number, are none. */
export function toLimit(text: string | undefined): bigint | undefined {
  const limit = toCount(text)
  return limit === undefined || limit >= V1_UNLIMITED ? undefined : limit
}

/** A file with one number; undefined when the file or the number is missing. */
export function readCount(directory: string | undefined, file: string): bigint | undefined {
  return toCount(readText(directory, file))
}

/** A file with one limit; undefined for `max` and when it is missing. */
export function readLimit(directory: string | undefined, file: string): bigint | undefined {
  return toLimit(readText(directory, file))
}

/** Lines of `key value`. */
export function parseFlat(text: string | undefined): Map<string, bigint> | undefined {
  if (text === undefined) return undefined
  const values = new Map<string, bigint>()
  for (const line of text.split('\n')) {
    const space = line.indexOf(' ')
    const value = toCount(line.slice(space + 1))
    if (space > 0 && value !== undefined) values.set(line.slice(0, space), value)
  }
  return values
}

/** Lines of `name key=value key=value …`. */
export function parseNested(text: string | undefined): Map<string, Map<string, string>> | undefined {
  if (text === undefined) return undefined
  const lines = new Map<string, Map<string, string>>()
  for (const line of text.split('\n')) {
    const words = line.split(' ').filter((word) => word !== '')
    // Some kernels put the names of devices without figures at the beginning of the next line.
    const name = words.findLast((word) => !word.includes('='))
    if (name === undefined) continue
    const pairs = words
      .filter((word) => word.includes('='))
      .map((word): [string, string] => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)])
    lines.set(name, new Map(pairs))
  }
  return lines
}

/** A list such as `0-2,5`. */
export function parseNumberList(text: string | undefined): number[] | undefined {
  if (text === undefined) return undefined
  const numbers: number[] = []
  for (const part of text.trim().split(',')) {
    const [first = Number.NaN, last = first] = part === '' ? [] : part.split('-').map(Number)
    for (let number = first; number <= last; number++) numbers.push(number)
  }
  return numbers
}

/** Without the members that are undefined; undefined when nothing is left. */
export function present<T extends object>(members: { readonly [K in keyof T]: T[K] | undefined }): T | undefined {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined)
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as T)
}

/** A usage with its limit, peak and counter of refusals; undefined without a usage. */
export function limitedUsage(
  usage: bigint | undefined,
  more: { limit?: bigint | undefined; maxUsage?: bigint | undefined; failcnt?: bigint | undefined },
): { usage: bigint; limit?: bigint; maxUsage?: bigint; failcnt?: bigint } | undefined {
  return usage === undefined ? undefined : present({ usage, ...more })
}
