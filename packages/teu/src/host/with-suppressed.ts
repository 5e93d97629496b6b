/** Failures of cleaning up. */

import { isTeuError, TeuError } from '@teu/spec'

/** The failure, with what went wrong after it. One that is none of ours stays as it is. */
export function withSuppressed(failure: unknown, later: unknown): Error {
  if (!isTeuError(failure)) return failure as Error
  const { code, message, containerId, operation, errno, path, remedy, cause, suppressed = [] } = failure
  const errors = [...suppressed, later instanceof Error ? later : new Error(String(later))]
  return new TeuError(code, message, { containerId, operation, errno, path, remedy, cause, suppressed: errors })
}
