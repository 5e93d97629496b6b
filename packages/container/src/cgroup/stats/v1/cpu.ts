/** CPU time from cgroup v1. */

import { parseFlat, parseNumberList, present, readCount, readText, toCount } from '../file.ts'
import type { CpusetStats, CpuStats } from '../types.ts'

/** `cpuacct.stat` counts in USER_HZ, which is 100 on every machine Linux runs on. */
const NS_PER_TICK = 10_000_000n

/** @param cpu  directory of the controller `cpu`
 *  @param cpuacct  directory of the controller `cpuacct`, often the same
 *  @see cgroup-v1/cpuacct.rst, scheduler/sched-bwc.rst */
export function readCpuV1(cpu: string | undefined, cpuacct: string | undefined): CpuStats | undefined {
  const ticks = parseFlat(readText(cpuacct, 'cpuacct.stat'))
  const ns = (key: string): bigint | undefined => {
    const count = ticks?.get(key)
    return count === undefined ? undefined : count * NS_PER_TICK
  }
  const stat = parseFlat(readText(cpu, 'cpu.stat'))
  const periods = stat?.get('nr_periods')
  const bursts = stat?.get('nr_bursts')
  return present<CpuStats>({
    usage: present({
      total: readCount(cpuacct, 'cpuacct.usage'),
      user: ns('user'),
      kernel: ns('system'),
      perCpu: parseCounts(readText(cpuacct, 'cpuacct.usage_percpu')),
      ...perCpuSplit(readText(cpuacct, 'cpuacct.usage_all')),
    }),
    throttling:
      periods === undefined
        ? undefined
        : { periods, throttledPeriods: stat?.get('nr_throttled') ?? 0n, throttledTimeNs: stat?.get('throttled_time') ?? 0n },
    burst: bursts === undefined ? undefined : { bursts, burstTimeNs: stat?.get('burst_time') ?? 0n },
  })
}

function parseCounts(text: string | undefined): bigint[] | undefined {
  return text?.split(' ').flatMap((word) => toCount(word) ?? [])
}

/** Lines of `cpu user system` below a heading. */
function perCpuSplit(text: string | undefined): { perCpuUser?: bigint[]; perCpuKernel?: bigint[] } {
  if (text === undefined) return {}
  const rows = text
    .split('\n')
    .slice(1)
    .map((line) => line.split(' '))
    .filter((words) => words.length >= 3)
  const column = (index: number): bigint[] => rows.map((words) => toCount(words[index]) ?? 0n)
  return { perCpuUser: column(1), perCpuKernel: column(2) }
}

/** @see cpuset(7) */
export function readCpusetV1(directory: string): CpusetStats | undefined {
  const count = (file: string): bigint | undefined => readCount(directory, `cpuset.${file}`)
  return present<CpusetStats>({
    cpus: parseNumberList(readText(directory, 'cpuset.cpus')),
    mems: parseNumberList(readText(directory, 'cpuset.mems')),
    cpuExclusive: count('cpu_exclusive'),
    memExclusive: count('mem_exclusive'),
    memHardwall: count('mem_hardwall'),
    memoryMigrate: count('memory_migrate'),
    memorySpreadPage: count('memory_spread_page'),
    memorySpreadSlab: count('memory_spread_slab'),
    memoryPressure: count('memory_pressure'),
    schedLoadBalance: count('sched_load_balance'),
    schedRelaxDomainLevel: count('sched_relax_domain_level'),
  })
}
