/** Codes of this package's errors: those of `@teu/spec` and four that only a client of a daemon needs. */

import { isTeuError, TeuError, type TeuErrorCode, type TeuErrorDetails } from '@teu/spec'

/**
 * Codes that `@teu/spec` does not know.
 *
 * - `ERR_TEU_UNAVAILABLE`: the daemon cannot be reached, or went away during the call; `errno` and `path` tell of the socket
 * - `ERR_TEU_INVALID_ARGUMENT`: the daemon refuses a value: a namespace, a filter, a record without a runtime
 * - `ERR_TEU_RUNTIME`: the daemon, the shim or the OCI runtime failed; the message quotes it
 * - `ERR_TEU_IMAGE_INVALID`: an image or its archive is malformed, incomplete, or not what its digests promise
 */
export type DaemonErrorCode = 'ERR_TEU_UNAVAILABLE' | 'ERR_TEU_INVALID_ARGUMENT' | 'ERR_TEU_RUNTIME' | 'ERR_TEU_IMAGE_INVALID'

/** Every `code` that an error of this package can have. */
export type ContainerdErrorCode = TeuErrorCode | DaemonErrorCode

/** A {@link TeuError} with a code of this package. `TeuErrorCode` is a closed union of `@teu/spec`; this is the one place that widens it. */
export function containerdError(code: ContainerdErrorCode, message: string, details: TeuErrorDetails = {}): TeuError {
  return new TeuError(code as TeuErrorCode, message, details)
}

/** True for an error of teu; with `code`, only for that code. */
export function isContainerdError(value: unknown, code?: ContainerdErrorCode): value is TeuError {
  return isTeuError(value, code as TeuErrorCode | undefined)
}
