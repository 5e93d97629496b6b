/** `linux.resources.cpu` on cgroup v2, without the cpuset part. */

import type { LinuxCPU } from '@teu/spec'
import { integer, MAX_INT64, MAX_UINT64 } from '../integer.ts'
import { limit } from '../limit.ts'
import { type ResourceGroup, unsupported } from '../write.ts'

const USUAL_PERIOD_US = 100_000n

/** @see cgroup-v2.rst "CPU Interface Files" */
export function compileCpuV2(group: ResourceGroup<LinuxCPU>): void {
  const { value } = group
  for (const member of ['realtimeRuntime', 'realtimePeriod'] as const) {
    if (value[member] !== undefined) {
      throw unsupported(`Cannot set cpu.${member}: cgroup v2 has no control of realtime processes`, group.pointer(member))
    }
  }
  const idle = value.idle === undefined ? 0n : integer(value.idle, group.pointer('idle'), 0n, 1n)
  const putIdle = (): void => {
    if (group.asked('idle')) group.put('idle', 'cpu.idle', String(idle), { initial: '0' })
  }
  // The kernel refuses a weight while the cgroup is idle.
  if (idle === 0n) putIdle()
  if (group.asked('shares') && !(idle === 1n && value.shares === undefined)) {
    group.put('shares', 'cpu.weight', String(weightOfShares(sharesOf(group))), { initial: '100' })
  }
  if (idle === 1n) putIdle()
  if (group.asked('quota', 'period')) {
    const quota = limit(group, 'quota')
    const period = value.period === undefined ? USUAL_PERIOD_US : integer(value.period, group.pointer('period'), 1n, MAX_UINT64)
    const member = value.quota === undefined && value.period !== undefined ? 'period' : 'quota'
    group.put(member, 'cpu.max', `${quota < 0n ? 'max' : quota} ${period}`, { initial: `max ${USUAL_PERIOD_US}` })
  }
  if (group.asked('burst')) {
    const burst = value.burst === undefined ? 0n : integer(value.burst, group.pointer('burst'), 0n, MAX_INT64)
    group.put('burst', 'cpu.max.burst', String(burst), { initial: '0' })
  }
}

function sharesOf(group: ResourceGroup<LinuxCPU>): bigint {
  const { shares } = group.value
  return shares === undefined ? 1024n : integer(shares, group.pointer('shares'), 0n, MAX_UINT64)
}

/** cgroup v1 shares (2-262144, usually 1024) as v2 weight (1-10000, usually 100): a curve through the three pairs of those values. */
export function weightOfShares(shares: bigint): number {
  if (shares <= 2n) return 1
  if (shares >= 262_144n) return 10_000
  const l = Math.log2(Number(shares))
  return Math.ceil(10 ** ((l * l + 125 * l) / 612 - 7 / 34))
}
