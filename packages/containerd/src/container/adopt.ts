/** Processes that another client, or this one in an earlier life, has made. */

import type { ClientContext } from '../context.ts'
import type { Process } from '../gen/containerd/v1/types/task.gen.ts'
import { processInfo } from '../task-status.ts'
import { INIT_PROCESS } from '../types.ts'
import { phaseOf } from './check-run.ts'
import type { KnownContainer } from './known-container.ts'
import { ProcessRun } from './process-run.ts'
import { readProcess } from './read-process.ts'
import { watchEnd } from './watch-end.ts'

/** Takes the process that the daemon has under this name into the picture.
 *  @returns the run, which may have been there already; undefined when there is none, or only one that is known to be gone */
export async function adopt(ctx: ClientContext, container: KnownContainer, processId: string): Promise<ProcessRun | undefined> {
  const process = await readProcess(ctx, container.id, processId)
  const current = container.current(processId)
  if (current !== undefined || process === undefined) return current
  // The task is that of the container that has taken the place of this one.
  if (ctx.known.get(container.id) !== container) return undefined
  // An answer from before a deletion that has been told meanwhile.
  if (container.recent.some((run) => run.processId === processId && run.pid === process.pid)) return undefined
  return adoptProcess(ctx, container, processId, process)
}

/** The same with the daemon's answer in hand. */
export function adoptProcess(
  ctx: ClientContext,
  container: KnownContainer,
  processId: string,
  process: Process,
  options: { isForeign?: boolean } = { isForeign: true },
): ProcessRun {
  const run = new ProcessRun(container.id, processId, options)
  run.pid = process.pid
  run.phase = phaseOf(process)
  run.isStartTold = run.phase !== 'created'
  run.isPast = run.isStartTold
  if (processId === INIT_PROCESS) {
    container.init = run
    const { status } = processInfo(process)
    run.isPaused = status === 'paused' || status === 'pausing'
  } else {
    container.execs.set(processId, run)
  }
  watchEnd(ctx, container, run)
  return run
}
