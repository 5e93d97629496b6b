/** Status codes of gRPC. @see grpc/doc/statuscodes.md */
export const RpcStatus = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const

export type RpcStatus = (typeof RpcStatus)[keyof typeof RpcStatus]

/** What a {@link RpcError} knows beside its status and text. */
export interface RpcErrorDetails {
  /** The daemon itself said so; false when the connection failed. */
  readonly answered?: boolean
  /** Why the connection failed, by the kernel's name, where that is known: `ENOENT`. */
  readonly errno?: string | undefined
  readonly cause?: unknown
}

/** A call that did not succeed, before it is translated for users. Only transports make these; `error/from-rpc.ts` translates them. */
export class RpcError extends Error {
  readonly status: RpcStatus
  readonly answered: boolean
  readonly errno: string | undefined

  constructor(status: RpcStatus, message: string, details: RpcErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'RpcError'
    this.status = status
    this.answered = details.answered ?? true
    this.errno = details.errno
  }
}
