/** Containers that this client meets for the first time. */

import type { ClientContext } from '../context.ts'
import { attempt } from '../error/refine.ts'
import { INIT_PROCESS } from '../types.ts'
import { adopt } from './adopt.ts'
import { bundlePath } from './bundle-dir.ts'
import { KnownContainer } from './known-container.ts'

/** The container from memory, or else from the daemon.
 *  @param operation  what it is needed for, in messages
 *  @throws {TeuError} ERR_TEU_NOT_FOUND */
export async function load(ctx: ClientContext, id: string, operation: string, signal?: AbortSignal): Promise<KnownContainer> {
  const known = ctx.known.get(id)
  if (known !== undefined) return known
  await attempt(ctx, { name: operation, containerId: id }, () => ctx.services.containers.get({ id }, { signal }))
  // Known from here on, so that no event between now and the answer about its task is missed.
  const container = remember(ctx, new KnownContainer(id, bundlePath(ctx.stateDir, id)))
  await adopt(ctx, container, INIT_PROCESS)
  return container
}

/** Puts a container into the picture, unless another call did meanwhile. */
export function remember(ctx: ClientContext, container: KnownContainer): KnownContainer {
  const other = ctx.known.get(container.id)
  if (other !== undefined) return other
  ctx.known.set(container.id, container)
  return container
}
