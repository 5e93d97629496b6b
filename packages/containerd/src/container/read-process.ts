/** Asking the daemon about one process. */

import { isTeuError } from '@teu/spec'
import type { ClientContext } from '../context.ts'
import type { Process } from '../gen/containerd/v1/types/task.gen.ts'
import { execIdOf } from '../identifiers.ts'
import type { CallOptions } from '../rpc/transport.ts'
import { INIT_PROCESS } from '../types.ts'

/** A task's first process or an exec; undefined when the daemon does not know it.
 *  @throws {TeuError} as every call */
export async function readProcess(
  ctx: ClientContext,
  containerId: string,
  processId: string = INIT_PROCESS,
  options: CallOptions = {},
): Promise<Process | undefined> {
  try {
    const { process } = await ctx.services.tasks.get({ containerId, execId: execIdOf(containerId, processId) }, options)
    return process
  } catch (error) {
    if (isTeuError(error, 'ERR_TEU_NOT_FOUND')) return undefined
    throw error
  }
}
