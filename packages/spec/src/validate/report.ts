import { TeuError } from '../error.ts'
import { dottedPath, type Place, pointerOf } from '../place.ts'

/** Something in a config that is legal and probably not meant. */
export interface SpecWarning {
  /** RFC 6901 pointer of the value. */
  readonly pointer: string
  readonly message: string
}

/** Options of the validators. */
export interface ValidateOptions {
  /** File that the value came from; becomes `path` of errors. */
  file?: string | undefined
  /** Called for each doubtful but legal value. */
  onWarning?: ((warning: SpecWarning) => void) | undefined
}

interface Problem {
  readonly place: Place | undefined
  readonly text: string
}

/** How many problems are told beside the first. */
const MAX_SUPPRESSED = 20

/** What one validation has found. Paths and messages are put together only for what is told. */
export class Report {
  /** A property that is null counts as absent: for changes, where null takes a setting back. */
  readonly nullIsAbsent: boolean
  readonly #problems: Problem[] = []
  readonly #root: string
  readonly #file: string | undefined
  readonly #onWarning: ((warning: SpecWarning) => void) | undefined

  /** @param root  name of the whole document in messages about the document itself */
  constructor(root: string, options: ValidateOptions, nullIsAbsent = false) {
    this.nullIsAbsent = nullIsAbsent
    this.#root = root
    this.#file = options.file
    this.#onWarning = options.onWarning
  }

  /** @returns false, so that a check can end with it */
  problem(place: Place | undefined, text: string): false {
    if (this.#problems.length <= MAX_SUPPRESSED) this.#problems.push({ place, text })
    return false
  }

  /** False when nobody listens: then looking for warnings is a waste of time. */
  get wantsWarnings(): boolean {
    return this.#onWarning !== undefined
  }

  warning(place: Place | undefined, text: string): void {
    this.#onWarning?.({ pointer: pointerOf(place), message: this.#message(place, text) })
  }

  /** @throws {TeuError} ERR_TEU_CONFIG_INVALID: the first problem, with the others in `suppressed` */
  throwIfAny(): void {
    const first = this.#problems[0]
    if (first === undefined) return
    const others = this.#problems.slice(1).map((problem) => this.#error(problem))
    throw this.#error(first, others)
  }

  #error({ place, text }: Problem, suppressed: readonly TeuError[] = []): TeuError {
    return new TeuError('ERR_TEU_CONFIG_INVALID', this.#message(place, text), {
      path: this.#file,
      pointer: pointerOf(place),
      suppressed: suppressed.length === 0 ? undefined : suppressed,
    })
  }

  #message(place: Place | undefined, text: string): string {
    return `${dottedPath(place) || this.#root}: ${text}`
  }
}
