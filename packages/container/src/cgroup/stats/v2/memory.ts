/** Memory from cgroup v2. */

import { limitedUsage, parseFlat, parseNested, present, readCount, readLimit, readText, toCount } from '../file.ts'
import { readPressure } from '../pressure.ts'
import type { LimitedUsage, MemoryEvents, MemoryStats } from '../types.ts'

/** @see cgroup-v2.rst "Memory Interface Files" */
export function readMemoryV2(directory: string): MemoryStats | undefined {
  const raw = parseFlat(readText(directory, 'memory.stat'))
  const events = parseFlat(readText(directory, 'memory.events'))
  const usage = limitedUsage(readCount(directory, 'memory.current'), {
    limit: readLimit(directory, 'memory.max'),
    maxUsage: readCount(directory, 'memory.peak'),
    failcnt: events?.get('max'),
  })
  if (usage === undefined) return undefined
  const swapOnly = limitedUsage(readCount(directory, 'memory.swap.current'), {
    limit: readLimit(directory, 'memory.swap.max'),
    maxUsage: readCount(directory, 'memory.swap.peak'),
    failcnt: parseFlat(readText(directory, 'memory.swap.events'))?.get('max'),
  })
  return present<MemoryStats>({
    usage,
    cache: raw?.get('file'),
    swap: swapOnly && together(usage, swapOnly),
    swapOnly,
    useHierarchy: true,
    numa: readNuma(directory),
    raw: raw && Object.fromEntries(raw),
    oom: events && eventsOf(events),
    psi: readPressure(directory, 'memory.pressure'),
  })
}

/** Memory and swap as one figure. The peak of the sum is not known: the two may have peaked at different times. */
function together(memory: LimitedUsage, swap: LimitedUsage): LimitedUsage {
  const limit = memory.limit === undefined || swap.limit === undefined ? undefined : memory.limit + swap.limit
  return { usage: memory.usage + swap.usage, ...(limit !== undefined && { limit }) }
}

function eventsOf(events: ReadonlyMap<string, bigint>): MemoryEvents | undefined {
  return present<Omit<MemoryEvents, 'underOom'>>({
    oom: events.get('oom'),
    oomKill: events.get('oom_kill'),
    oomGroupKill: events.get('oom_group_kill'),
    low: events.get('low'),
    high: events.get('high'),
    max: events.get('max'),
  })
}

function readNuma(directory: string): MemoryStats['numa'] {
  const kinds = parseNested(readText(directory, 'memory.numa_stat'))
  if (kinds === undefined) return undefined
  return Object.fromEntries(
    Array.from(kinds, ([kind, nodes]) => [
      kind,
      { nodes: Object.fromEntries(Array.from(nodes, ([node, bytes]) => [node.replace(/^N/, ''), toCount(bytes) ?? 0n])) },
    ]),
  )
}
