/** `linux.resources.cpu` on cgroup v1, without the cpuset part. */

import type { LinuxCPU } from '@teu/spec'
import { integer, MAX_INT64, MAX_UINT64 } from '../integer.ts'
import { limit } from '../limit.ts'
import type { ResourceGroup } from '../write.ts'

/** The order is that for a new cgroup: burst must not be above the quota, which must fit the period. In a live update the kernel may
 *  refuse it for a moment; {@link applyUpdate} then finds the one that works.
 *  @see scheduler/sched-bwc.rst, scheduler/sched-rt-group.rst, cgroup-v1/cgroups.rst */
export function compileCpuV1(group: ResourceGroup<LinuxCPU>): void {
  const { value } = group
  const put = (member: keyof LinuxCPU & string, file: string, usual: string, min: bigint, max: bigint): void => {
    if (!group.asked(member)) return
    const text = value[member] === undefined ? usual : String(integer(value[member], group.pointer(member), min, max))
    group.put(member, file, text, { initial: usual })
  }
  const idle = value.idle === undefined ? 0n : integer(value.idle, group.pointer('idle'), 0n, 1n)
  const putIdle = (): void => {
    if (group.asked('idle')) group.put('idle', 'cpu.idle', String(idle), { initial: '0' })
  }
  // The kernel refuses shares while the cgroup is idle, and clamps what is out of this range without a word.
  if (idle === 0n) putIdle()
  if (!(idle === 1n && value.shares === undefined)) put('shares', 'cpu.shares', '1024', 2n, 262_144n)
  if (idle === 1n) putIdle()
  put('realtimePeriod', 'cpu.rt_period_us', '1000000', 1n, MAX_UINT64)
  put('realtimeRuntime', 'cpu.rt_runtime_us', '0', -1n, MAX_INT64)
  put('period', 'cpu.cfs_period_us', '100000', 1n, MAX_UINT64)
  if (group.asked('quota')) group.put('quota', 'cpu.cfs_quota_us', String(limit(group, 'quota')), { initial: '-1' })
  put('burst', 'cpu.cfs_burst_us', '0', 0n, MAX_INT64)
}
