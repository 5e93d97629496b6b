/** Kills for lack of memory, as they happen. */

import type { CgroupHierarchy } from '../cgroup/locate.ts'
import type { OomEvent } from '../types.ts'
import { type ActContext, startAct } from './act.ts'
import type { PlanRun } from './plan-run.ts'

/** Each time the kernel kills a process in the cgroup. Ends with the cgroup, and when its watch is released.
 *  @param watches  where the watch is found while it lasts, for whoever wants it released */
export async function* watchOomEvents(
  context: ActContext,
  memory: CgroupHierarchy,
  watches: Set<PlanRun>,
  signal: AbortSignal | undefined,
): AsyncGenerator<OomEvent> {
  const queue: OomEvent[] = []
  let wake: () => void = noop
  let known: bigint | undefined
  const watch = startAct(context, [{ op: 'watch_oom', path: memory.path, v2: memory.version === 2 }], (kills) => {
    // The first event carries the present count: it is news only when something has been killed.
    if (known === undefined ? kills > 0n : kills > known) queue.push({ time: new Date(), count: Number(kills) })
    known = kills
    wake()
  })
  watches.add(watch)
  let ended = false
  const settled = watch.finished.catch(noop).then(() => {
    ended = true
    wake()
  })
  const abort = (): void => watch.release()
  signal?.addEventListener('abort', abort, { once: true })
  try {
    while (true) {
      const event = queue.shift()
      if (event !== undefined) yield event
      else if (ended) return
      else await new Promise<void>((resolve) => (wake = resolve))
    }
  } finally {
    signal?.removeEventListener('abort', abort)
    watch.release()
    await settled
    watches.delete(watch)
  }
}

function noop(): void {
  // Until somebody waits for the next event.
}
