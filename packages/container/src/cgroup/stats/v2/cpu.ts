/** CPU time from cgroup v2. */

import { parseFlat, parseNumberList, present, readText } from '../file.ts'
import { readPressure } from '../pressure.ts'
import type { CpusetStats, CpuStats } from '../types.ts'

const NS_PER_US = 1000n

/** `cpu.stat` is there without the controller, too; it then has no throttling.
 *  @see cgroup-v2.rst "cpu.stat" */
export function readCpuV2(directory: string): CpuStats | undefined {
  const stat = parseFlat(readText(directory, 'cpu.stat'))
  const ns = (key: string): bigint | undefined => {
    const us = stat?.get(key)
    return us === undefined ? undefined : us * NS_PER_US
  }
  const periods = stat?.get('nr_periods')
  const bursts = stat?.get('nr_bursts')
  return present<CpuStats>({
    usage: present({ total: ns('usage_usec'), user: ns('user_usec'), kernel: ns('system_usec') }),
    throttling:
      periods === undefined
        ? undefined
        : { periods, throttledPeriods: stat?.get('nr_throttled') ?? 0n, throttledTimeNs: ns('throttled_usec') ?? 0n },
    burst: bursts === undefined ? undefined : { bursts, burstTimeNs: ns('burst_usec') ?? 0n },
    psi: readPressure(directory, 'cpu.pressure'),
  })
}

/** What the container may use in fact, after the cgroups above have had their say. */
export function readCpusetV2(directory: string): CpusetStats | undefined {
  return present<CpusetStats>({
    cpus: parseNumberList(readText(directory, 'cpuset.cpus.effective')),
    mems: parseNumberList(readText(directory, 'cpuset.mems.effective')),
  })
}
