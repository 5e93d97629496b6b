/** One program in a container of its own, from image to exit code. */

import type { Readable } from 'node:stream'
import { checkOptions, integerOption, OPTION, type OptionRules, TeuError } from '@teu/spec'
import type { Containerd } from '../../containerd.ts'
import { contextOf } from '../../context.ts'
import { withSuppressed } from '../../error/suppressed.ts'
import { report } from '../../report.ts'
import type { ExitInfo, StdioOption, StdioOptions } from '../../types.ts'
import { CREATE_RULES, createFromImage, type CreateFromImageOptions, type ImageContainer } from './create-from-image.ts'
import { OutputCollector } from './output-collector.ts'

/** Options of {@link runImage}. */
export interface RunImageOptions extends Omit<CreateFromImageOptions, 'args'> {
  /** Returns what the program writes, instead of `stdio`. */
  readonly capture?: boolean | undefined
  /** Most bytes of each stream to capture; what is beyond is read and dropped. Default 1 MiB. */
  readonly captureLimitBytes?: number | undefined
  /** With `capture`: what the program reads. */
  readonly stdin?: Readable | undefined
  /** Where the program reads and writes. Default: nowhere. */
  readonly stdio?: StdioOption | undefined
}

/** How it went. */
export interface RunImageResult extends ExitInfo {
  readonly containerId: string
  /** With `capture`; as UTF-8. */
  readonly stdout?: string
  /** With `capture` and without a terminal. */
  readonly stderr?: string
  /** With `capture`: there was more output than the limit. */
  readonly isTruncated?: boolean
  /** The program has ended and the container could not be removed: why. Task, record or snapshot are still there. */
  readonly cleanupError?: Error
}

const DEFAULT_LIMIT_BYTES = 1024 * 1024
const MAX_LIMIT_BYTES = 1024 * 1024 * 1024
const { args: _args, ...RULES_BUT_ARGS } = CREATE_RULES
const RULES: OptionRules = {
  ...RULES_BUT_ARGS,
  capture: OPTION.flag,
  captureLimitBytes: integerOption(0, MAX_LIMIT_BYTES, 'bytes'),
  stdin: OPTION.object,
  stdio: OPTION.any,
}

/**
 * Runs a program in a new container and removes everything of it: task, record, snapshot, FIFOs; also when it fails or is aborted. Layers
 * stay unpacked for the next time. An exit code other than 0 is no failure. A daemon that is away at the end is waited for, as long as
 * `cleanupTimeoutMs`; what could not be removed then is told with the result, or as `suppressed` of the error.
 * @param args  arguments for the image's program; empty are those of the image
 * @throws {TeuError} as `createFromImage`, and ERR_TEU_PROCESS_START
 */
export async function runImage(
  client: Containerd,
  name: string,
  args: readonly string[] = [],
  options: RunImageOptions = {},
): Promise<RunImageResult> {
  checkOptions('runImage', options, RULES)
  const { capture = false, captureLimitBytes = DEFAULT_LIMIT_BYTES, stdin, stdio, ...rest } = options
  if (capture && stdio !== undefined)
    throw new TeuError('ERR_TEU_USAGE', 'Cannot capture output that goes elsewhere: give capture or stdio')
  const [stdout, stderr] = [new OutputCollector(captureLimitBytes), new OutputCollector(captureLimitBytes)]
  const target = capture ? { stdout, stderr, ...(stdin === undefined ? {} : { stdin }) } : stdio
  const exit = await contextOf(client).underWay.making(`run ${name}`, options.signal, async (signal) => {
    const container = await createFromImage(client, name, { ...rest, ...(args.length === 0 ? {} : { args }), signal })
    return attend(container, target, signal)
  })
  if (!capture) return exit
  return {
    ...exit,
    stdout: stdout.text,
    ...(options.terminal === true ? {} : { stderr: stderr.text }),
    isTruncated: stdout.isTruncated || stderr.isTruncated,
  }
}

/** Starts, waits and removes. */
async function attend(
  container: ImageContainer,
  stdio: StdioOption | undefined,
  signal: AbortSignal,
): Promise<ExitInfo & Pick<RunImageResult, 'containerId' | 'cleanupError'>> {
  const containerId = container.id
  const start: StdioOptions = { signal, ...(stdio === undefined ? {} : { stdio }) }
  let exit: ExitInfo
  try {
    await container.handle.start(start)
    exit = await container.handle.wait(undefined, { signal })
  } catch (error) {
    const suppressed: unknown[] = []
    await container.remove().catch((failure: unknown) => suppressed.push(failure))
    throw withSuppressed(error, suppressed)
  }
  try {
    await container.remove()
    return { containerId, ...exit }
  } catch (error) {
    // What the program did is not undone by that, and its caller wants to know.
    report({ what: 'remove the container of a program that has ended', containerId, error })
    return { containerId, ...exit, cleanupError: error as Error }
  }
}
