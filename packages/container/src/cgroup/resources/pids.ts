/** `linux.resources.pids`; the file is the same in both versions. */

import type { LinuxPids } from '@teu/spec'
import { integer, MAX_INT64 } from './integer.ts'
import type { ResourceGroup } from './write.ts'

/** @see cgroup-v1/pids.rst, cgroup-v2.rst "PID"; runtime-spec config-linux.md "PIDs" */
export function compilePids(group: ResourceGroup<LinuxPids>): void {
  if (!group.asked('limit')) return
  const { limit } = group.value
  const count = limit === undefined ? -1n : integer(limit, group.pointer('limit'), -MAX_INT64, MAX_INT64)
  // 0 forbids every fork, as 1 does for the one process that is there; but with 0 not even init could be cloned into the cgroup.
  group.put('limit', 'pids.max', count < 0n ? 'max' : String(count === 0n ? 1n : count), { initial: 'max' })
}
