/** Exact integers from JSON, where a number may have come as bigint. */

import { invalid } from './write.ts'

export const MAX_INT64: bigint = 2n ** 63n - 1n
export const MAX_UINT64: bigint = 2n ** 64n - 1n

/** Checks the range and makes an exact decimal.
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID */
export function integer(value: unknown, pointer: string, min: bigint, max: bigint): bigint {
  const exact = typeof value === 'bigint' ? value : typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : undefined
  if (exact === undefined || exact < min || exact > max) {
    throw invalid(`${pointer.slice(1).replaceAll('/', '.')}: expected an integer from ${min} to ${max}, got ${show(value)}`, pointer)
  }
  return exact
}

function show(value: unknown): string {
  return typeof value === 'bigint' || typeof value === 'number' ? String(value) : JSON.stringify(value)
}
