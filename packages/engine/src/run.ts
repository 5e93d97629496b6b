/** Running one program in a container of its own, start to end. */

import {
  Containers,
  type CreateOptions,
  type ExitReport,
  type OpenOptions,
  type RunningProcess,
  type StepSpan,
  type Stdio,
} from '@teu/container'
import type { Spec } from '@teu/spec'
import type { Plan } from '@teu/init'
import { type CapturedStream, capture, DEFAULT_MAX_OUTPUT_BYTES } from './capture.ts'
import { defaultContainers } from './default-containers.ts'
import { type ProgramOptions, specForProgram } from './program.ts'
import { randomName } from './random-name.ts'
import { checkRunOptions, namesBundle } from './run-rules.ts'
import { collectSpans } from './spans.ts'

/** What both forms of {@link run} take. */
export interface RunCommonOptions {
  /** Container id; default a random one. */
  id?: string
  /** Standard streams. Default: the program's own (`inherit`). */
  stdio?: Stdio
  /** Collect stdout and stderr and return them; stdin is `input`, or empty. */
  capture?: boolean
  /** Text or bytes for stdin; with `capture`. */
  input?: string | Uint8Array
  /** Limit for each captured stream, in bytes. Default 16 MiB; what comes after is read and dropped. */
  maxOutputBytes?: number
  /** The program is killed after this time; the result then has `timedOut`. */
  timeoutMs?: number
  /** Return the time that each step of the plan took. */
  trace?: boolean
  /** Aborting kills the container; the promise rejects with the reason when nothing of it is left. */
  signal?: AbortSignal
  /** Called when the program runs. */
  onStarted?: (process: RunningProcess) => void
  /** The set of containers to use; default the one at the default state root. */
  containers?: Containers
  /** Signals that this process gets go to the program (command line). */
  forwardSignals?: boolean
}

/** A bundle: a directory with config.json. */
export interface RunBundleOptions extends RunCommonOptions {
  bundle: string
  /** Used in place of `bundle/config.json`. */
  spec?: Spec
}

/** A root file system and a command. */
export interface RunProgramOptions extends RunCommonOptions, ProgramOptions {}

export type RunOptions = RunBundleOptions | RunProgramOptions

/** How the program ended, and what it said where that was asked for. */
export interface RunResult extends ExitReport {
  readonly id: string
  /** Wall-clock time of the whole call, from request to clean-up. */
  readonly durationMs: number
  /** With `capture`, decoded as UTF-8; `stdoutBytes` has the bytes. */
  readonly stdout?: string
  readonly stderr?: string
  readonly stdoutBytes?: Uint8Array
  readonly stderrBytes?: Uint8Array
  /** True when a stream was longer than `maxOutputBytes`. */
  readonly outputTruncated?: boolean
  /** With `trace`. */
  readonly trace?: readonly StepSpan[]
}

/** A config and where it comes from. */
interface Target {
  readonly bundle: string
  readonly spec?: Spec | undefined
  readonly rootOverlay: boolean
}

/** Runs a program in a new container and resolves when it has ended and nothing of the container is left.
 *  A program that fails is a result, not an error; an error means that it could not be run.
 *  @throws {TypeError | RangeError} for an option that does not exist, or is not what it has to be
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID, ERR_TEU_PROCESS_START, ERR_TEU_CGROUP … */
export async function run(options: RunOptions): Promise<RunResult> {
  const startedAt = performance.now()
  checkRunOptions('run', options)
  const containers = options.containers ?? (await defaultContainers())
  const id = options.id ?? `run-${randomName()}`
  const spans = options.trace === true ? collectSpans(id) : undefined
  let output: Promise<[CapturedStream, CapturedStream | undefined]> | undefined
  const onStarted = (process: RunningProcess): void => {
    if (options.capture === true) output = captureOf(process, options)
    options.onStarted?.(process)
  }
  const listensForStart = options.capture === true || options.onStarted !== undefined
  try {
    const report = await containers.run(id, {
      ...containerOptions(options, targetOf(options)),
      ...(options.forwardSignals !== undefined && { forwardSignals: options.forwardSignals }),
      ...(listensForStart && { onStarted }),
    })
    const captured = output && (await output)
    return {
      ...report,
      id,
      ...(captured && capturedFields(...captured)),
      ...(spans && { trace: spans.take() }),
      durationMs: performance.now() - startedAt,
    }
  } finally {
    spans?.stop()
  }
}

/** The plan that {@link run} would execute. Nothing is changed.
 *  @throws {TeuError} what `run` would throw for bad input */
export function planRun(options: RunOptions, open: OpenOptions = {}): Plan {
  checkRunOptions('planRun', options)
  return Containers.plan(options.id ?? 'run', containerOptions(options, targetOf(options)), 'run', open)
}

function targetOf(options: RunOptions): Target {
  return namesBundle(options) ? { bundle: options.bundle, spec: options.spec, rootOverlay: false } : specForProgram(options)
}

function containerOptions(options: RunOptions, target: Target): CreateOptions {
  return {
    bundle: target.bundle,
    ...(target.spec && { spec: target.spec }),
    ...(target.rootOverlay && { rootOverlay: true }),
    stdio: options.capture === true ? [options.input === undefined ? 'null' : 'pipe', 'pipe', 'pipe'] : (options.stdio ?? 'inherit'),
    ...(options.timeoutMs !== undefined && { timeoutMs: options.timeoutMs }),
    ...(options.signal && { signal: options.signal }),
  }
}

function captureOf(
  { stdin, stdout, stderr }: RunningProcess,
  options: RunCommonOptions,
): Promise<[CapturedStream, CapturedStream | undefined]> {
  const limit = options.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES
  if (options.input !== undefined) stdin?.end(options.input)
  return Promise.all([capture(stdout as NodeJS.ReadableStream, limit), stderr && capture(stderr, limit)])
}

function capturedFields(stdout: CapturedStream, stderr: CapturedStream | undefined): Partial<RunResult> {
  return {
    stdout: stdout.bytes.toString(),
    stdoutBytes: stdout.bytes,
    ...(stderr && { stderr: stderr.bytes.toString(), stderrBytes: stderr.bytes }),
    outputTruncated: stdout.truncated || stderr?.truncated === true,
  }
}
