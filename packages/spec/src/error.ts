/** The one error class of teu. Every failure that a caller can meet is a {@link TeuError} with a stable `code`. */

/** Stable error codes; `docs/errors.md` explains each one. */
export type TeuErrorCode =
  | 'ERR_TEU_INVALID_ID'
  | 'ERR_TEU_ALREADY_EXISTS'
  | 'ERR_TEU_NOT_FOUND'
  | 'ERR_TEU_CONFIG_INVALID'
  | 'ERR_TEU_USAGE'
  | 'ERR_TEU_RUNNING'
  | 'ERR_TEU_ALREADY_RUNNING'
  | 'ERR_TEU_NOT_RUNNING'
  | 'ERR_TEU_PAUSED'
  | 'ERR_TEU_NOT_PAUSED'
  | 'ERR_TEU_INVALID_STATE'
  | 'ERR_TEU_BUSY'
  | 'ERR_TEU_PROCESS_START'
  | 'ERR_TEU_HOOK'
  | 'ERR_TEU_CGROUP'
  | 'ERR_TEU_OOM_AT_START'
  | 'ERR_TEU_CRIU'
  | 'ERR_TEU_UNSUPPORTED'
  | 'ERR_TEU_ROOTLESS'
  | 'ERR_TEU_TIMEOUT'
  | 'ERR_TEU_SYSTEM'
  | 'ERR_TEU_UNAVAILABLE'
  | 'ERR_TEU_INVALID_ARGUMENT'
  | 'ERR_TEU_RUNTIME'
  | 'ERR_TEU_IMAGE_INVALID'
  | 'ERR_TEU_OVERFLOW'

/** Where in a plan a failure happened. */
export interface FailedStep {
  /** Position in the plan, counted over all stages, from 0. */
  readonly index: number
  /** Operation name, for example `attach` (see `@teu/init` steps). */
  readonly op: string
  /** Stage that ran the step. */
  readonly stage: 'parent' | 'joiner' | 'container' | 'after'
}

/** What a {@link TeuError} may carry beside its message. */
export interface TeuErrorDetails {
  containerId?: string | undefined
  /** The operation that the caller asked for: `create`, `exec`, `update` … */
  operation?: string | undefined
  /** The plan step that failed. */
  step?: FailedStep | undefined
  /** System call that failed, for example `move_mount`. */
  syscall?: string | undefined
  /** Symbolic errno, for example `EPERM`. */
  errno?: string | undefined
  /** File or directory the failure is about. */
  path?: string | undefined
  /** RFC 6901 pointer into config.json of the value that asked for it, for example `/mounts/3`. */
  pointer?: string | undefined
  /** One-based position in a text file, for input that does not parse. */
  line?: number | undefined
  column?: number | undefined
  /** What the user can do about it, one sentence without a full stop. */
  remedy?: string | undefined
  /** State facts for illegal transitions. */
  from?: string | undefined
  to?: string | undefined
  /** Failures of the clean-up that followed; they never replace the first cause. */
  suppressed?: readonly Error[] | undefined
  cause?: unknown
}

const brand = Symbol.for('teu.error')

/** Error with a stable code. Recognise it with {@link isTeuError}, which survives two installed copies of teu. */
export class TeuError extends Error implements TeuErrorDetails {
  readonly code: TeuErrorCode
  declare readonly containerId?: string
  declare readonly operation?: string
  declare readonly step?: FailedStep
  declare readonly syscall?: string
  declare readonly errno?: string
  declare readonly path?: string
  declare readonly pointer?: string
  declare readonly line?: number
  declare readonly column?: number
  declare readonly remedy?: string
  declare readonly from?: string
  declare readonly to?: string
  declare readonly suppressed?: readonly Error[]

  constructor(code: TeuErrorCode, message: string, details: TeuErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'TeuError'
    this.code = code
    for (const [key, value] of Object.entries(details)) {
      if (value !== undefined && key !== 'cause') Object.defineProperty(this, key, { value, enumerable: true })
    }
    Object.defineProperty(this, brand, { value: true })
  }

  /** Plain data for logs and `--format json`: everything but the stack. */
  toJSON(): Record<string, unknown> {
    const { suppressed, ...rest } = this
    const cause = this.cause instanceof Error ? this.cause.message : this.cause
    return {
      ...rest,
      message: this.message,
      ...(cause === undefined ? {} : { cause }),
      ...(suppressed === undefined ? {} : { suppressed: suppressed.map((e) => e.message) }),
    }
  }
}

/** True for a {@link TeuError} of any installed copy; with `code`, only for that code. */
export function isTeuError(value: unknown, code?: TeuErrorCode): value is TeuError {
  return (
    typeof value === 'object' &&
    value !== null &&
    (value as Record<symbol, unknown>)[brand] === true &&
    (code === undefined || (value as TeuError).code === code)
  )
}
