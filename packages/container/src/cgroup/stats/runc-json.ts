/** The JSON shape of `events --stats`, which containerd's runc client reads. */

import type { BlkioEntry, LimitedUsage, NetworkInterfaceStats, Pressure, Stats } from './types.ts'

/** How "no limit" is printed. */
const UNLIMITED = 2n ** 64n - 1n

/** A JSON document whose integers may be bigint: print it with a serialiser that knows them. */
export type JsonObject = { readonly [key: string]: unknown }

/** Converts a snapshot into the `data` of a `stats` event. What is unknown is left out; limits that are not set are 2^64-1. */
export function toRuncStats(stats: Stats): JsonObject {
  const { cpu, cpuset, memory, pids, blkio } = stats
  return compact({
    cpu: cpu && {
      usage: compact({
        total: cpu.usage?.total,
        percpu: cpu.usage?.perCpu,
        percpu_kernel: cpu.usage?.perCpuKernel,
        percpu_user: cpu.usage?.perCpuUser,
        kernel: cpu.usage?.kernel ?? 0n,
        user: cpu.usage?.user ?? 0n,
      }),
      throttling: compact({
        periods: cpu.throttling?.periods,
        throttledPeriods: cpu.throttling?.throttledPeriods,
        throttledTime: cpu.throttling?.throttledTimeNs,
      }),
      ...compact({ psi: pressure(cpu.psi) }),
    },
    cpuset:
      cpuset &&
      compact({
        cpus: cpuset.cpus,
        cpu_exclusive: cpuset.cpuExclusive,
        mems: cpuset.mems,
        mem_hardwall: cpuset.memHardwall,
        mem_exclusive: cpuset.memExclusive,
        memory_migrate: cpuset.memoryMigrate,
        memory_spread_page: cpuset.memorySpreadPage,
        memory_spread_slab: cpuset.memorySpreadSlab,
        memory_pressure: cpuset.memoryPressure,
        sched_load_balance: cpuset.schedLoadBalance,
        sched_relax_domain_level: cpuset.schedRelaxDomainLevel,
      }),
    memory:
      memory &&
      compact({
        cache: memory.cache,
        usage: usage(memory.usage),
        swap: usage(memory.swap),
        kernel: usage(memory.kernel),
        kernelTCP: usage(memory.kernelTcp),
        raw: memory.raw,
        psi: pressure(memory.psi),
      }),
    pids: pids && { current: pids.current, limit: pids.limit ?? UNLIMITED },
    blkio:
      blkio &&
      compact({
        ioServiceBytesRecursive: entries(blkio.serviceBytes),
        ioServicedRecursive: entries(blkio.serviced),
        ioQueueRecursive: entries(blkio.queued),
        ioServiceTimeRecursive: entries(blkio.serviceTime),
        ioWaitTimeRecursive: entries(blkio.waitTime),
        ioMergedRecursive: entries(blkio.merged),
        ioTimeRecursive: entries(blkio.time),
        sectorsRecursive: entries(blkio.sectors),
        psi: pressure(blkio.psi),
      }),
    hugetlb: stats.hugetlb && Object.fromEntries(Object.entries(stats.hugetlb).map(([size, value]) => [size, hugetlbUsage(value)])),
    network_interfaces: stats.network?.map(networkInterface),
  })
}

function usage(value: LimitedUsage | undefined): JsonObject | undefined {
  return value && { limit: value.limit ?? UNLIMITED, ...compact({ usage: value.usage, max: value.maxUsage }), failcnt: value.failcnt ?? 0n }
}

function hugetlbUsage(value: LimitedUsage): JsonObject {
  return { ...compact({ usage: value.usage, max: value.maxUsage }), failcnt: value.failcnt ?? 0n }
}

function entries(list: readonly BlkioEntry[] | undefined): JsonObject[] | undefined {
  return list && list.length > 0 ? list.map(({ major, minor, op, value }) => ({ major, minor, op, value })) : undefined
}

function pressure(value: Pressure | undefined): JsonObject | undefined {
  if (!value) return undefined
  const line = (part: Pressure['some']): JsonObject | undefined =>
    part && { avg10: part.avg10, avg60: part.avg60, avg300: part.avg300, total: part.totalUs }
  return compact({ some: line(value.some), full: line(value.full) })
}

function networkInterface(value: NetworkInterfaceStats): JsonObject {
  return {
    Name: value.name,
    RxBytes: value.rxBytes,
    RxPackets: value.rxPackets,
    RxErrors: value.rxErrors,
    RxDropped: value.rxDropped,
    TxBytes: value.txBytes,
    TxPackets: value.txPackets,
    TxErrors: value.txErrors,
    TxDropped: value.txDropped,
  }
}

function compact(members: Record<string, unknown>): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}
