/** `linux.resources.memory` on cgroup v2. */

import type { LinuxMemory } from '@teu/spec'
import { integer, MAX_INT64 } from '../integer.ts'
import { limit, maxOr } from '../limit.ts'
import { invalid, type ResourceGroup, unsupported } from '../write.ts'

/** @see cgroup-v2.rst "Memory Interface Files" */
export function compileMemoryV2(group: ResourceGroup<LinuxMemory>): void {
  const { value } = group
  if (value.swappiness !== undefined) {
    throw unsupported('Cannot set memory.swappiness: cgroup v2 has no swappiness of its own for a cgroup', group.pointer('swappiness'))
  }
  if (value.disableOOMKiller) {
    throw unsupported('Cannot disable the OOM killer: cgroup v2 does not offer that', group.pointer('disableOOMKiller'))
  }
  if (group.asked('limit', 'swap')) {
    const swap = swapMax(group)
    // A swap limit of 0 or none also holds where the kernel does no swap accounting.
    if (swap !== undefined) {
      const text = maxOr(swap)
      group.put('swap', 'memory.swap.max', text, { initial: 'max', optional: swap <= 0n })
    }
  }
  if (group.asked('limit')) {
    const above = value.checkBeforeUpdate && limit(group, 'limit') >= 0n ? { above: 'memory.current' } : {}
    group.put('limit', 'memory.max', maxOr(limit(group, 'limit')), { initial: 'max', ...above })
  }
  if (group.asked('reservation')) {
    const reservation = value.reservation === undefined ? 0n : limit(group, 'reservation')
    group.put('reservation', 'memory.low', maxOr(reservation), { initial: '0' })
  }
}

/** The config counts memory and swap together, v2 counts swap alone. Undefined: leave it. */
function swapMax(group: ResourceGroup<LinuxMemory>): bigint | undefined {
  const { value } = group
  const memory = limit(group, 'limit')
  if (value.swap === undefined) {
    if (group.asked('swap')) return -1n
    // Lifting the memory limit without a word on swap lifts both.
    return value.limit !== undefined && memory < 0n ? -1n : undefined
  }
  const total = integer(value.swap, group.pointer('swap'), -1n, MAX_INT64)
  if (total < 0n) return -1n
  if (memory < 0n) throw invalid('linux.resources.memory.swap: a limit for memory and swap needs a memory limit', group.pointer('swap'))
  if (total < memory) {
    throw invalid(
      `linux.resources.memory.swap: memory and swap together (${total}) cannot be less than memory alone (${memory})`,
      group.pointer('swap'),
    )
  }
  return total - memory
}
