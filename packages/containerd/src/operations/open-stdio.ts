/** Connecting a process before it is started. */

import { OPTION, type OptionRules, abortable } from '@teu/spec'
import { AttachedIo } from '../stdio/attached-io.ts'
import { makeFifos, removeFifos } from '../stdio/fifo.ts'
import { connectStdio, planStdio, type StdioPlan } from '../stdio/stdio-plan.ts'
import { makeBundleDir } from '../container/bundle-dir.ts'
import { execIdOf } from '../identifiers.ts'
import type { ClientContext } from '../context.ts'
import type { KnownContainer } from '../container/known-container.ts'
import type { ProcessRun } from '../container/process-run.ts'
import type { StdioOptions } from '../types.ts'

/** Rules for {@link StdioOptions}. */
export const STDIO_RULES: OptionRules = {
  withStdin: OPTION.flag,
  stdio: {
    expected: "'null', an object or a function",
    isKind: (value) => value === 'null' || typeof value === 'function' || OPTION.object.isKind(value),
  },
  signal: OPTION.abortSignal,
}

/** Makes the FIFOs and their directory, opens our ends and hands them over. The run has them from the moment on in which there is something to clean up.
 *  @returns the fields of the request */
export async function openStdio(
  ctx: ClientContext,
  container: KnownContainer,
  run: ProcessRun,
  terminal: boolean,
  options: StdioOptions,
): Promise<StdioPlan['request']> {
  const { request, fifos } = planStdio(container.bundle, run.processId, terminal, options)
  const paths = [fifos.stdin, fifos.stdout, fifos.stderr].filter((path) => path !== undefined)
  if (paths.length === 0) return request
  await container.tidying
  await makeBundleDir(container.bundle)
  await makeFifos(paths)
  try {
    run.io = new AttachedIo(fifos, terminal, () => closeIo(ctx, container.id, run.processId))
  } catch (error) {
    await removeFifos(paths)
    throw error
  }
  // A function that does not come to an end must not keep the container for good.
  await abortable(connectStdio(run.io, options.stdio, container.id), options.signal)
  return request
}

/** Makes the shim close its writing end of a process's input. */
export async function closeIo(ctx: ClientContext, containerId: string, processId: string, signal?: AbortSignal): Promise<void> {
  await ctx.services.tasks.closeIO({ containerId, execId: execIdOf(containerId, processId), stdin: true }, { signal })
}
