/** How long to wait before an engine is tried again. */

/** What is known when an attempt has failed, or a connection was lost. */
export interface Failure {
  /** Number of attempts so far, the failed one included. */
  readonly attempt: number
  readonly error: unknown
  /** How long the connection was in use with a complete picture, in milliseconds; 0 when it never came to that. */
  readonly healthyMs: number
}

/** Answers the pause in milliseconds, of which 24 days at most are waited; undefined gives up. What it throws, and a pause that is none, ends
 *  the watcher. */
export type Backoff = (failure: Failure) => number | undefined

/** Options of {@link exponentialBackoff}. */
export interface ExponentialBackoff {
  /** First pause. Default 100. */
  readonly minMs?: number
  /** Longest pause. Default 10 000. */
  readonly maxMs?: number
  /** A connection that was healthy for so long makes the pauses start over. Default 1 000. */
  readonly resetAfterMs?: number
  /** Failures in a row after which it gives up. Default: never. */
  readonly giveUpAfter?: number
  /** Source of randomness, 0 up to 1, for tests. */
  readonly random?: () => number
}

/** Pauses that double, each shortened at random by up to a quarter, so that many watchers do not come at the same moment.
 *  For one watcher only: it counts failures.
 *  @throws {RangeError} for a pause that is not > 0 */
export function exponentialBackoff(options: ExponentialBackoff = {}): Backoff {
  const { minMs = 100, maxMs = 10_000, resetAfterMs = 1_000, giveUpAfter = Infinity, random = Math.random } = options
  for (const [name, ms] of Object.entries({ minMs, maxMs })) {
    if (!(ms > 0)) throw new RangeError(`exponentialBackoff: ${name} must be > 0, got ${ms}`)
  }
  let failures = 0
  return ({ healthyMs }) => {
    if (healthyMs >= resetAfterMs) failures = 0
    failures++
    if (failures >= giveUpAfter) return undefined
    const pauseMs = Math.min(maxMs, minMs * 2 ** Math.min(failures - 1, 30))
    return pauseMs * (1 - random() / 4)
  }
}
