/** A limit for a test's body that is shorter than the test's own, so that a body that hangs leaves time to clear away after it. */

/** What the body may use of a test's time; the rest is for clearing away. */
const SHARE = 0.75

/** Runs the body of a test; rejects when its share of the test's time is over. The body cannot be stopped: take away what it waits for.
 *  @param testTimeoutMs  the test's own limit, `task.timeout` of vitest; 0 is none */
export async function withinShareOf<T>(testTimeoutMs: number, body: () => Promise<T>): Promise<T> {
  if (testTimeoutMs === 0) return body()
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<never>((_resolve, reject) => {
    const limitMs = testTimeoutMs * SHARE
    timer = setTimeout(() => reject(new Error(`the test hangs: not over within ${limitMs} ms`)), limitMs)
  })
  const running = body()
  // What it says after that is a consequence.
  running.catch(() => undefined)
  try {
    return await Promise.race([running, over])
  } finally {
    clearTimeout(timer)
  }
}
