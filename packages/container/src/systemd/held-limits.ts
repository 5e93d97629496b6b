/** The limits of a unit that is held open by a process which is not the container's. Pure. */

import type { LinuxResources } from '@teu/spec'

/** Init and the process that holds the unit open. */
const PROCESSES_AT_FIRST = 2

/** A limit of one process would keep init out of its cgroup while another is in it: room for both is made, for that time.
 *  @returns  the same object when there is room */
export function limitsWhileHeld(resources: LinuxResources): LinuxResources {
  const limit = resources.pids?.limit
  const hasRoom = limit === undefined || limit < 0 || limit >= PROCESSES_AT_FIRST
  return hasRoom ? resources : { ...resources, pids: { ...resources.pids, limit: PROCESSES_AT_FIRST } }
}
