/** Failed calls as errors for users: the one table from statuses of gRPC to codes of teu. */

import { isTeuError, TeuError, type TeuErrorCode } from '@teu/spec'
import { RpcError, RpcStatus } from '../rpc/status.ts'

const CODES: Readonly<Partial<Record<RpcStatus, TeuErrorCode>>> = {
  [RpcStatus.NOT_FOUND]: 'ERR_TEU_NOT_FOUND',
  [RpcStatus.ALREADY_EXISTS]: 'ERR_TEU_ALREADY_EXISTS',
  [RpcStatus.INVALID_ARGUMENT]: 'ERR_TEU_INVALID_ARGUMENT',
  [RpcStatus.OUT_OF_RANGE]: 'ERR_TEU_INVALID_ARGUMENT',
  [RpcStatus.FAILED_PRECONDITION]: 'ERR_TEU_INVALID_STATE',
  [RpcStatus.UNAVAILABLE]: 'ERR_TEU_UNAVAILABLE',
  // A caller's own cancelling rejects with the reason of the signal, so this is a connection that went away.
  [RpcStatus.CANCELLED]: 'ERR_TEU_UNAVAILABLE',
  [RpcStatus.UNIMPLEMENTED]: 'ERR_TEU_UNSUPPORTED',
  [RpcStatus.DEADLINE_EXCEEDED]: 'ERR_TEU_TIMEOUT',
}

/** The code of a failed call. */
export function codeOf(error: RpcError): TeuErrorCode {
  if (!error.answered && error.status === RpcStatus.INTERNAL) return 'ERR_TEU_UNAVAILABLE'
  return CODES[error.status] ?? 'ERR_TEU_RUNTIME'
}

/** What was asked for, to complete the message. */
export interface Asked {
  /** `start container "web"`; completes "Cannot …". */
  readonly what: string
  readonly operation?: string | undefined
  readonly containerId?: string | undefined
  /** The daemon's socket. */
  readonly path?: string | undefined
  /** The kernel's reason, where the daemon's sentence has one. */
  readonly errno?: string | undefined
  /** What the daemon is called. Default `containerd`. */
  readonly daemon?: string | undefined
}

/** Translates a failed call; everything else, such as the reason of an AbortSignal, comes back as it is. */
export function fromRpc(error: unknown, asked: Asked): unknown {
  return error instanceof RpcError ? rpcFailure(error, codeOf(error), asked) : error
}

/** The error of a failed call, with a code that was chosen with more knowledge. */
export function rpcFailure(error: RpcError, code: TeuErrorCode, asked: Asked): TeuError {
  const { what, operation, containerId, path, errno = error.errno, daemon = 'containerd' } = asked
  const unreachable = code === 'ERR_TEU_UNAVAILABLE' && !error.answered
  return new TeuError(code, `Cannot ${what}: ${error.message.trimEnd()}`, {
    operation,
    containerId,
    errno,
    path: unreachable ? path : undefined,
    remedy: unreachable ? `Check that ${daemon} runs, that this is its socket, and that you may use it` : undefined,
    cause: error,
  })
}

/** The failed call below an error, if there is one. */
export function rpcOf(error: unknown): RpcError | undefined {
  if (error instanceof RpcError) return error
  return isTeuError(error) && error.cause instanceof RpcError ? error.cause : undefined
}
