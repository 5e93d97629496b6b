/** Calls that may take any time, with a daemon that may stop answering meanwhile. */

import { isTeuError, delay } from '@teu/spec'
import type { Services } from './services.ts'

/** Runs a call without a deadline as long as the daemon answers others: its health is asked for every `callTimeoutMs`, with that deadline.
 *  @param call  gets a signal that fires with the caller's, or when the daemon does not answer
 *  @throws {TeuError} ERR_TEU_TIMEOUT when it does not */
export async function whileAnswering<T>(
  services: Services,
  signal: AbortSignal | undefined,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController()
  const over = new AbortController()
  const forward = (): void => stop.abort(signal?.reason)
  if (signal?.aborted === true) forward()
  signal?.addEventListener('abort', forward)
  void watch(services, over.signal, stop)
  try {
    return await call(stop.signal)
  } finally {
    over.abort()
    signal?.removeEventListener('abort', forward)
  }
}

async function watch(services: Services, over: AbortSignal, stop: AbortController): Promise<void> {
  const { callTimeoutMs } = services
  if (callTimeoutMs === 0) return
  while (!over.aborted) {
    await delay(callTimeoutMs, over)
    if (over.aborted) return
    try {
      await services.health.check({}, { signal: over })
    } catch (error) {
      // Any other answer is one, and a connection that is lost ends the call itself.
      if (isTeuError(error, 'ERR_TEU_TIMEOUT')) stop.abort(error)
    }
  }
}
