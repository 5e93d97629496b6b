/** What `teu` uses of the engine: the commands get an {@link Engine} and call nothing else. */

import type { RunResult } from '@teu/engine'
import type { Integer } from '@teu/spec'
import type { ExplainOptions } from '../cli/library.ts'

export type { RunResult }

/** One entry of `--mount`. */
export type RunMount =
  | { readonly type: 'bind'; readonly source: string; readonly destination: string; readonly readonly: boolean }
  | {
      readonly type: 'tmpfs'
      readonly destination: string
      readonly readonly: boolean
      readonly sizeBytes?: Integer
      readonly mode?: number
    }

/** What the command line asks for, in plain values. */
export interface RunRequest {
  /** Directory with config.json; the fields that describe a program are then absent. */
  readonly bundle?: string
  /** Directory, or `host` for the machine's own root file system under a throw-away overlay. */
  readonly rootfs?: string
  readonly command: readonly string[]
  readonly env: readonly string[]
  readonly cwd?: string
  /** Name or number, with an optional group after a colon; names are those of the container. */
  readonly user?: string
  readonly hostname?: string
  readonly memoryBytes?: Integer
  readonly cpus?: number
  /** Negative: no limit. */
  readonly pids?: number
  readonly mounts: readonly RunMount[]
  readonly network?: 'none' | 'host'
  readonly readonly: boolean
  readonly capAdd: readonly string[]
  readonly capDrop: readonly string[]
  /** `unconfined`, or the path of a profile. */
  readonly seccomp?: string
  readonly id?: string
  readonly terminal: boolean
  /** Connect stdin. */
  readonly interactive: boolean
  /** Collect the output in place of passing it on. */
  readonly capture: boolean
  /** What the program reads from stdin; with `capture`. */
  readonly input?: string
  readonly timeoutMs?: number
  readonly trace: boolean
}

/** The engine as the commands see it. */
export interface Engine {
  run(request: RunRequest, root: string | undefined): Promise<RunResult>
  /** The plan of the same run, as text. */
  explain(request: RunRequest, root: string | undefined, how: ExplainOptions): Promise<string>
}
