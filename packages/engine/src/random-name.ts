/** Names that no other process makes. */

const NAME_BYTES = 6
/** Asking the kernel for a few bytes costs as much as asking it for many. */
const POOL_NAMES = 128

let pool = new Uint8Array(0)

/** Twelve hexadecimal digits of randomness. */
export function randomName(): string {
  if (pool.length === 0) pool = crypto.getRandomValues(new Uint8Array(NAME_BYTES * POOL_NAMES))
  const bytes = pool.subarray(0, NAME_BYTES)
  pool = pool.subarray(NAME_BYTES)
  return Buffer.from(bytes).toString('hex')
}
