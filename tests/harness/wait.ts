/** Waiting, in tests, for something that no event announces. */

import { setTimeout as delay } from 'node:timers/promises'

/** By what times are stretched where everything is slow, as in a guest without hardware virtualisation. */
export const patience: number = Number(process.env['TEU_TEST_PATIENCE'] ?? 1)

/** Resolves with the first result of `look` that is not undefined; looks every few milliseconds. */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  timeoutMs: number = 5_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs * patience
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() > deadline) throw new Error(`${what}: not within ${timeoutMs} ms`)
    await delay(5)
  }
}
