/** `linux.resources.memory` on cgroup v1. */

import type { LinuxMemory } from '@teu/spec'
import { integer } from '../integer.ts'
import { limit } from '../limit.ts'
import { invalid, type ResourceGroup } from '../write.ts'

/** Swappiness of a cgroup whose config does not say: the kernel's own default. */
const USUAL_SWAPPINESS = '60'

/** Writes memory before memory+swap, the order for a new cgroup; the other order, needed when a limit is raised, is found by
 *  {@link applyUpdate}, because the kernel refuses the wrong one (memory may never be above memory+swap).
 *  @see cgroup-v1/memory.rst */
export function compileMemoryV1(group: ResourceGroup<LinuxMemory>): void {
  const { value } = group
  const memory = limit(group, 'limit')
  const swap = limit(group, 'swap')
  if (value.swap !== undefined && swap >= 0n) {
    if (memory < 0n) throw invalid('linux.resources.memory.swap: a limit for memory and swap needs a memory limit', group.pointer('swap'))
    if (swap < memory) {
      throw invalid(
        `linux.resources.memory.swap: memory and swap together (${swap}) cannot be less than memory alone (${memory})`,
        group.pointer('swap'),
      )
    }
  }
  if (group.asked('limit')) group.put('limit', 'memory.limit_in_bytes', String(memory), { initial: '-1' })
  // Lifting the memory limit without a word on swap lifts both.
  if (group.asked('swap') || (group.asked('limit') && value.swap === undefined && memory < 0n)) {
    group.put('swap', 'memory.memsw.limit_in_bytes', String(swap), { initial: '-1', optional: swap < 0n })
  }
  if (group.asked('reservation')) {
    group.put('reservation', 'memory.soft_limit_in_bytes', String(limit(group, 'reservation')), { initial: '-1' })
  }
  if (group.asked('swappiness')) {
    const { swappiness } = value
    // No initial value: a new cgroup inherits its parent's.
    const text = swappiness === undefined ? USUAL_SWAPPINESS : String(integer(swappiness, group.pointer('swappiness'), 0n, 100n))
    group.put('swappiness', 'memory.swappiness', text)
  }
  if (group.asked('disableOOMKiller')) {
    group.put('disableOOMKiller', 'memory.oom_control', value.disableOOMKiller ? '1' : '0', { initial: '0' })
  }
}
