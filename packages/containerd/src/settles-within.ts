/** A limit for waiting. */

import { delay } from '@teu/spec'

/** True when the promise settles within some milliseconds; its failure counts as settled. */
export async function settlesWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const over = new AbortController()
  const settled = promise.then(
    () => true,
    () => true,
  )
  const first = await Promise.race([settled, delay(ms, over.signal).then(() => false)])
  over.abort()
  return first
}
