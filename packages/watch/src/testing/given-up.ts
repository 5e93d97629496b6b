/** A request whose answer does not come. */

import { expect } from 'vitest'
import type { EngineHttp } from '../rest/engine-http.ts'

/** Expects that it is given up after a time, and when it is told to.
 *  @returns the signal that told so, and its reason */
export async function expectGivenUp(http: EngineHttp): Promise<{ signal: AbortSignal; reason: Error }> {
  await expect(http.get('/', { timeoutMs: 20 })).rejects.toMatchObject({ code: 'ERR_TEU_TIMEOUT' })
  const abort = new AbortController()
  const reason = new Error('enough')
  const answer = http.get('/', { signal: abort.signal })
  setTimeout(() => abort.abort(reason), 5)
  await expect(answer).rejects.toBe(reason)
  return { signal: abort.signal, reason }
}
