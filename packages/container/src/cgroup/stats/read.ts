/** One snapshot of what a container uses. */

import { type CgroupLocation, hierarchyOf } from '../locate.ts'
import { present } from './file.ts'
import { readHugetlb } from './hugetlb.ts'
import { readNetwork } from './network.ts'
import { readPidsStats } from './pids.ts'
import { readPressure } from './pressure.ts'
import { readMisc, readRdma } from './rdma-misc.ts'
import type { BlkioStats, CpusetStats, CpuStats, MemoryStats, Stats, StatsController } from './types.ts'
import { readBlkioV1 } from './v1/blkio.ts'
import { readCpusetV1, readCpuV1 } from './v1/cpu.ts'
import { readMemoryV1 } from './v1/memory.ts'
import { readBlkioV2 } from './v2/blkio.ts'
import { readCpusetV2, readCpuV2 } from './v2/cpu.ts'
import { readMemoryV2 } from './v2/memory.ts'

export type * from './types.ts'

export interface StatsOptions {
  /** Only these parts. Default: all. */
  only?: readonly StatsController[]
  /** A live process of the container, for the network. Without it there are no network figures. */
  initPid?: number
  /** Mount point of procfs. Default `/proc`. */
  proc?: string
}

/** Reads the counters of every controller that the host offers. What is missing or not for this user is absent.
 *  @see container statistics of cgroup-v2.rst and cgroup-v1/ in the kernel's documentation */
export function readStats(location: CgroupLocation, options: StatsOptions = {}): Stats {
  const { only, initPid } = options
  const readers: { readonly [C in StatsController]: () => Stats[C] } = {
    cpu: () => readCpu(location),
    cpuset: () => readCpuset(location),
    memory: () => readMemory(location),
    pids: () => readPidsOf(location),
    blkio: () => readBlkio(location),
    hugetlb: () => inHierarchy(location, 'hugetlb', ({ path, version }) => readHugetlb(path, version)),
    rdma: () => inHierarchy(location, 'rdma', ({ path }) => readRdma(path)),
    misc: () => inHierarchy(location, 'misc', ({ path }) => readMisc(path)),
    network: () => (initPid === undefined ? undefined : readNetwork(initPid, options.proc)),
  }
  const asked = only ?? (Object.keys(readers) as StatsController[])
  const parts = Object.fromEntries(asked.map((name) => [name, readers[name]()])) as { [C in StatsController]: Stats[C] }
  return { time: new Date(), monotonicNs: process.hrtime.bigint(), ...present<Omit<Stats, 'time' | 'monotonicNs'>>(parts) }
}

function inHierarchy<T>(
  location: CgroupLocation,
  controller: string,
  read: (hierarchy: { path: string; version: 1 | 2 }) => T,
): T | undefined {
  const hierarchy = hierarchyOf(location, controller)
  return hierarchy && read(hierarchy)
}

/** The v2 directory, also that of the hybrid layout: pressure is counted there. */
function v2Path(location: CgroupLocation): string | undefined {
  return location.paths['']
}

function readCpu(location: CgroupLocation): CpuStats | undefined {
  const { cpu, cpuacct } = location.paths
  const v2 = v2Path(location)
  if (cpu === undefined && cpuacct === undefined) return v2 === undefined ? undefined : readCpuV2(v2)
  return withPressure(readCpuV1(cpu, cpuacct), v2, 'cpu.pressure')
}

function readCpuset(location: CgroupLocation): CpusetStats | undefined {
  return inHierarchy(location, 'cpuset', ({ path, version }) => (version === 2 ? readCpusetV2(path) : readCpusetV1(path)))
}

function readMemory(location: CgroupLocation): MemoryStats | undefined {
  const stats = inHierarchy(location, 'memory', ({ path, version }) => (version === 2 ? readMemoryV2(path) : readMemoryV1(path)))
  return stats && (stats.psi ? stats : withPressure(stats, v2Path(location), 'memory.pressure'))
}

function readPidsOf(location: CgroupLocation): Stats['pids'] {
  const hierarchy = hierarchyOf(location, 'pids') ?? location.hierarchies[0]
  return hierarchy && readPidsStats(hierarchy.path)
}

function readBlkio(location: CgroupLocation): BlkioStats | undefined {
  const { blkio } = location.paths
  const v2 = v2Path(location)
  if (blkio === undefined) return v2 === undefined ? undefined : readBlkioV2(v2)
  return withPressure(readBlkioV1(blkio), v2, 'io.pressure')
}

function withPressure<T extends object>(stats: T | undefined, directory: string | undefined, file: string): T | undefined {
  const psi = stats && readPressure(directory, file)
  return psi ? { ...stats, psi } : stats
}
