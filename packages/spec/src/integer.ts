/** Bounds of the integer types of the specification. */
export const UINT32_MAX = 4294967295
export const INT64_MAX: bigint = 2n ** 63n - 1n
export const INT64_MIN: bigint = -(2n ** 63n)
export const UINT64_MAX: bigint = 2n ** 64n - 1n
/** Largest uid or gid: 4294967295 means "no id" to the kernel. */
export const ID_MAX = 4294967294

/** A `number` when it is safe, else the `bigint` itself. */
export function narrowInteger(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}
