/** One form for the metrics of both cgroup layouts: bytes, milliseconds and counts, as numbers. */

import type { CgroupV1Metrics, CgroupV2Metrics, TaskMetrics } from './read.ts'

/** Resource usage. A limit is absent where there is none; a group where the shim did not report it. */
export interface NormalisedMetrics {
  readonly cpu?: {
    readonly usageMs: number
    readonly userMs: number
    readonly systemMs: number
    readonly periods: number
    readonly throttledPeriods: number
    readonly throttledMs: number
  }
  readonly memory?: {
    readonly usageBytes: number
    readonly limitBytes?: number
    /** The highest usage so far, where the kernel keeps it. */
    readonly maxUsageBytes?: number
    readonly swapBytes: number
    readonly anonymousBytes: number
    /** Pages of files; the kernel can take them back. */
    readonly fileBytes: number
    readonly oomKills: number
  }
  readonly pids?: { readonly current: number; readonly limit?: number }
  readonly io?: { readonly readBytes: number; readonly writeBytes: number; readonly reads: number; readonly writes: number }
}

const NS_PER_MS = 1e6
const US_PER_MS = 1e3
/** v1 writes "no limit" as the largest multiple of a page in 63 bits, v2 as all ones. */
const NO_LIMIT = 0x7fff_ffff_ffff_0000n

/** Brings metrics into one form. */
export function normalise(metrics: TaskMetrics): NormalisedMetrics {
  return metrics.version === 1 ? normaliseV1(metrics) : normaliseV2(metrics)
}

function limit<K extends string>(key: K, value: bigint | undefined): { [P in K]?: number } {
  const isNone = value === undefined || value === 0n || value >= NO_LIMIT
  return isNone ? {} : ({ [key]: Number(value) } as { [P in K]?: number })
}

function normaliseV1({ cpu, memory, pids, blkio, memoryOomControl }: CgroupV1Metrics): NormalisedMetrics {
  const usage = cpu?.usage
  const throttling = cpu?.throttling
  const sum = (entries: readonly { op: string; value: bigint }[], op: string): number =>
    entries.filter((entry) => entry.op.toLowerCase() === op).reduce((total, entry) => total + Number(entry.value), 0)
  return {
    ...(usage !== undefined && {
      cpu: {
        usageMs: Number(usage.total) / NS_PER_MS,
        userMs: Number(usage.user) / NS_PER_MS,
        systemMs: Number(usage.kernel) / NS_PER_MS,
        periods: Number(throttling?.periods ?? 0n),
        throttledPeriods: Number(throttling?.throttledPeriods ?? 0n),
        throttledMs: Number(throttling?.throttledTime ?? 0n) / NS_PER_MS,
      },
    }),
    ...(memory !== undefined && {
      memory: {
        usageBytes: Number(memory.usage?.usage ?? 0n),
        ...limit('limitBytes', memory.usage?.limit),
        ...limit('maxUsageBytes', memory.usage?.max),
        // The kernel's counter is of memory and swap together.
        swapBytes: Math.max(0, Number((memory.swap?.usage ?? 0n) - (memory.usage?.usage ?? 0n))),
        anonymousBytes: Number(memory.totalRss),
        fileBytes: Number(memory.totalCache),
        oomKills: Number(memoryOomControl?.oomKill ?? 0n),
      },
    }),
    ...(pids !== undefined && { pids: { current: Number(pids.current), ...limit('limit', pids.limit) } }),
    ...(blkio !== undefined && {
      io: {
        readBytes: sum(blkio.ioServiceBytesRecursive, 'read'),
        writeBytes: sum(blkio.ioServiceBytesRecursive, 'write'),
        reads: sum(blkio.ioServicedRecursive, 'read'),
        writes: sum(blkio.ioServicedRecursive, 'write'),
      },
    }),
  }
}

function normaliseV2({ cpu, memory, pids, io, memoryEvents }: CgroupV2Metrics): NormalisedMetrics {
  const sum = (key: 'rbytes' | 'wbytes' | 'rios' | 'wios'): number =>
    (io?.usage ?? []).reduce((total, entry) => total + Number(entry[key]), 0)
  return {
    ...(cpu !== undefined && {
      cpu: {
        usageMs: Number(cpu.usageUsec) / US_PER_MS,
        userMs: Number(cpu.userUsec) / US_PER_MS,
        systemMs: Number(cpu.systemUsec) / US_PER_MS,
        periods: Number(cpu.nrPeriods),
        throttledPeriods: Number(cpu.nrThrottled),
        throttledMs: Number(cpu.throttledUsec) / US_PER_MS,
      },
    }),
    ...(memory !== undefined && {
      memory: {
        usageBytes: Number(memory.usage),
        ...limit('limitBytes', memory.usageLimit),
        ...limit('maxUsageBytes', memory.maxUsage),
        swapBytes: Number(memory.swapUsage),
        anonymousBytes: Number(memory.anon),
        fileBytes: Number(memory.file),
        oomKills: Number(memoryEvents?.oomKill ?? 0n),
      },
    }),
    ...(pids !== undefined && { pids: { current: Number(pids.current), ...limit('limit', pids.limit) } }),
    ...(io !== undefined && {
      io: { readBytes: sum('rbytes'), writeBytes: sum('wbytes'), reads: sum('rios'), writes: sum('wios') },
    }),
  }
}
