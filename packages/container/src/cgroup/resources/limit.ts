/** Limits where -1 stands for "none". */

import { integer, MAX_INT64 } from './integer.ts'
import type { ResourceGroup } from './write.ts'

/** Reads a limit; an absent one is -1, so that clearing it lifts it. */
export function limit<T extends object>(group: ResourceGroup<T>, member: keyof T & string): bigint {
  const value = group.value[member]
  return value === undefined ? -1n : integer(value, group.pointer(member), -1n, MAX_INT64)
}

/** Text of a limit in a v2 file. */
export function maxOr(value: bigint): string {
  return value < 0n ? 'max' : String(value)
}
