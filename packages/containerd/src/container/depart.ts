/** Containers that are deleted, for as long as events of their last task may come. */

import type { ClientContext } from '../context.ts'
import { tellAll } from '../events/tell-delete.ts'
import type { KnownContainer } from './known-container.ts'

/** Forgets a container, a moment later for events: that of the deletion of its task may come after the answer. */
export function depart(ctx: ClientContext, container: KnownContainer): void {
  ctx.known.delete(container.id)
  ctx.departed.set(container.id, container)
  const forget = (): void => {
    // Its event was lost.
    if (container.owed.length > 0) container.queue.push(() => tellAll(ctx, container, [...container.owed]))
    if (ctx.departed.get(container.id) === container) ctx.departed.delete(container.id)
  }
  setTimeout(forget, ctx.timing.graceMs).unref()
}
