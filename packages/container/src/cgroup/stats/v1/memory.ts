/** Memory from cgroup v1. */

import { limitedUsage, parseFlat, present, readCount, readLimit, readText, toCount } from '../file.ts'
import type { LimitedUsage, MemoryStats } from '../types.ts'

/** @see cgroup-v1/memory.rst */
export function readMemoryV1(directory: string): MemoryStats | undefined {
  const usage = readFamily(directory, 'memory')
  if (usage === undefined) return undefined
  const swap = readFamily(directory, 'memory.memsw')
  const raw = parseFlat(readText(directory, 'memory.stat'))
  const hierarchical = readCount(directory, 'memory.use_hierarchy')
  const oom = parseFlat(readText(directory, 'memory.oom_control'))
  const oomKill = oom?.get('oom_kill')
  const underOom = oom?.get('under_oom')
  return present<MemoryStats>({
    usage,
    cache: hierarchical === 1n ? raw?.get('total_cache') : raw?.get('cache'),
    swap,
    swapOnly: swap && difference(swap, usage),
    kernel: readFamily(directory, 'memory.kmem'),
    kernelTcp: readFamily(directory, 'memory.kmem.tcp'),
    useHierarchy: hierarchical === undefined ? undefined : hierarchical === 1n,
    numa: readNuma(readText(directory, 'memory.numa_stat')),
    raw: raw && Object.fromEntries(raw),
    oom: present({ oomKill, underOom: underOom === undefined ? undefined : underOom !== 0n }),
  })
}

function readFamily(directory: string, prefix: string): LimitedUsage | undefined {
  return limitedUsage(readCount(directory, `${prefix}.usage_in_bytes`), {
    limit: readLimit(directory, `${prefix}.limit_in_bytes`),
    maxUsage: readCount(directory, `${prefix}.max_usage_in_bytes`),
    failcnt: readCount(directory, `${prefix}.failcnt`),
  })
}

/** Swap alone. Peaks cannot be subtracted. The two readings are not from the same moment, so the usage may come out below zero. */
function difference(both: LimitedUsage, memory: LimitedUsage): LimitedUsage {
  const limit = both.limit === undefined || memory.limit === undefined ? undefined : both.limit - memory.limit
  const usage = both.usage > memory.usage ? both.usage - memory.usage : 0n
  return { usage, ...(limit !== undefined && { limit }) }
}

/** Lines of `kind=total N0=pages N1=pages …`. */
function readNuma(text: string | undefined): MemoryStats['numa'] {
  if (text === undefined) return undefined
  const kinds = text.split('\n').flatMap((line) => {
    const [[kind = '', total] = [], ...nodes] = line.split(' ').map((word) => word.split('='))
    if (total === undefined) return []
    const perNode = Object.fromEntries(nodes.map(([node = '', pages]) => [node.replace(/^N/, ''), toCount(pages) ?? 0n]))
    return [[kind, { total: toCount(total) ?? 0n, nodes: perNode }] as const]
  })
  return Object.fromEntries(kinds)
}
