/** Resource usage in the numbers that people compare. */

import { normalise, type Stats } from '@teu/containerd'
import type { Usage } from './host.ts'

/** @param machineBytes  memory of the machine, which limits whoever has no other limit */
export function usageOf({ read, metrics }: Stats, machineBytes: number): Usage {
  const { cpu, memory, pids, io } = normalise(metrics)
  const inactive = Number(metrics.memory === undefined ? 0n : inactiveFileBytes(metrics))
  const used = memory?.usageBytes ?? 0
  return {
    read,
    cpuMs: cpu?.usageMs ?? 0,
    // The difference between two counters of one moment that are not read in one.
    memoryBytes: used > inactive ? used - inactive : used,
    limitBytes: Math.min(memory?.limitBytes ?? machineBytes, machineBytes),
    pids: pids?.current ?? 0,
    readBytes: io?.readBytes ?? 0,
    writeBytes: io?.writeBytes ?? 0,
  }
}

function inactiveFileBytes(metrics: Stats['metrics']): bigint {
  return (metrics.version === 1 ? metrics.memory?.totalInactiveFile : metrics.memory?.inactiveFile) ?? 0n
}
