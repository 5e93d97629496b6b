/** Failures of cleaning up: attached to the error that made it necessary, never in its place. */

import { isTeuError, TeuError } from '@teu/spec'
import { report } from '../report.ts'

/** The failure with what went wrong after it. An error that is none of ours, such as the reason of a signal, stays as it is, and the rest is
 *  reported. */
export function withSuppressed(failure: unknown, suppressed: readonly unknown[]): unknown {
  if (suppressed.length === 0) return failure
  if (!isTeuError(failure)) {
    for (const error of suppressed) report({ what: 'clean up after a failure', error })
    return failure
  }
  const { code, message, containerId, operation, errno, path, remedy, cause } = failure
  const errors = suppressed.map((one) => (one instanceof Error ? one : new Error(String(one))))
  return new TeuError(code, message, { containerId, operation, errno, path, remedy, cause, suppressed: errors })
}
