/** Asking strangers' sockets what they are. One that accepts connections and says nothing must not hold up the looking for others. */

import type { Cancellable } from '../engine-client.ts'
import { LinkedAbort } from '../watcher/pause.ts'

/** Engines answer in milliseconds; on a busy machine in some more. */
const ANSWER_MS = 2000

/** Asks, and takes silence and failure for no. Never fails. */
export async function answersInTime(
  ask: (options: { readonly signal: AbortSignal }) => Promise<boolean>,
  { signal }: Cancellable = {},
  timeoutMs: number = ANSWER_MS,
): Promise<boolean> {
  using abort = new LinkedAbort(signal)
  const timer = setTimeout(() => abort.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
  try {
    return await ask({ signal: abort.signal })
  } catch {
    return false
  } finally {
    clearTimeout(timer)
  }
}
