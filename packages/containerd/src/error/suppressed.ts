/** Failures of cleaning up: attached to the error that made it necessary, never in its place. */

import { isTeuError, TeuError } from '@teu/spec'

/** The failure with what went wrong after it. An error that is none of ours, such as the reason of a signal, stays as it is. */
export function withSuppressed(failure: unknown, suppressed: readonly unknown[]): unknown {
  if (suppressed.length === 0 || !isTeuError(failure)) return failure
  const { code, message, containerId, operation, errno, path, remedy, cause } = failure
  const errors = suppressed.map((one) => (one instanceof Error ? one : new Error(String(one))))
  return new TeuError(code, message, { containerId, operation, errno, path, remedy, cause, suppressed: errors })
}
