/** What a container uses, as one snapshot. Totals are exact (bigint); a field that the kernel does not offer is absent, never 0, and
 *  "no limit" is an absent limit. */

/** Parts of {@link Stats} that can be asked for. */
export type StatsController = 'cpu' | 'cpuset' | 'memory' | 'pids' | 'blkio' | 'hugetlb' | 'rdma' | 'misc' | 'network'

export interface Stats {
  /** Wall clock. */
  readonly time: Date
  /** Monotonic clock in nanoseconds, for rates between two snapshots. */
  readonly monotonicNs: bigint
  readonly cpu?: CpuStats
  readonly cpuset?: CpusetStats
  readonly memory?: MemoryStats
  readonly pids?: PidsStats
  readonly blkio?: BlkioStats
  /** By page size, for example `2MB`. */
  readonly hugetlb?: Readonly<Record<string, LimitedUsage>>
  readonly rdma?: RdmaStats
  /** By resource, for example `sev`. */
  readonly misc?: Readonly<Record<string, MiscStats>>
  /** Interfaces of the container's network namespace. */
  readonly network?: readonly NetworkInterfaceStats[]
}

/** Share of time in which some or all tasks waited, in percent, and that time in microseconds. @see accounting/psi.rst */
export interface PressureLine {
  readonly avg10: number
  readonly avg60: number
  readonly avg300: number
  readonly totalUs: bigint
}

export interface Pressure {
  readonly some?: PressureLine
  readonly full?: PressureLine
}

export interface CpuStats {
  /** Nanoseconds. */
  readonly usage?: {
    readonly total?: bigint
    readonly user?: bigint
    readonly kernel?: bigint
    readonly perCpu?: readonly bigint[]
    readonly perCpuUser?: readonly bigint[]
    readonly perCpuKernel?: readonly bigint[]
  }
  readonly throttling?: { readonly periods: bigint; readonly throttledPeriods: bigint; readonly throttledTimeNs: bigint }
  readonly burst?: { readonly bursts: bigint; readonly burstTimeNs: bigint }
  readonly psi?: Pressure
}

export interface CpusetStats {
  readonly cpus?: readonly number[]
  readonly mems?: readonly number[]
  readonly cpuExclusive?: bigint
  readonly memExclusive?: bigint
  readonly memHardwall?: bigint
  readonly memoryMigrate?: bigint
  readonly memorySpreadPage?: bigint
  readonly memorySpreadSlab?: bigint
  readonly memoryPressure?: bigint
  readonly schedLoadBalance?: bigint
  readonly schedRelaxDomainLevel?: bigint
}

/** Bytes, or for other resources a count. */
export interface LimitedUsage {
  readonly usage: bigint
  readonly limit?: bigint
  readonly maxUsage?: bigint
  /** How often the limit was met. */
  readonly failcnt?: bigint
}

export interface MemoryStats {
  readonly usage?: LimitedUsage
  /** Page cache, bytes. */
  readonly cache?: bigint
  /** Memory and swap together. */
  readonly swap?: LimitedUsage
  readonly swapOnly?: LimitedUsage
  readonly kernel?: LimitedUsage
  readonly kernelTcp?: LimitedUsage
  readonly useHierarchy?: boolean
  /** Kind → node → pages (v1) or bytes (v2). */
  readonly numa?: Readonly<Record<string, { readonly total?: bigint; readonly nodes: Readonly<Record<string, bigint>> }>>
  /** Every line of `memory.stat`. */
  readonly raw?: Readonly<Record<string, bigint>>
  readonly oom?: MemoryEvents
  readonly psi?: Pressure
}

export interface MemoryEvents {
  readonly oom?: bigint
  readonly oomKill?: bigint
  readonly oomGroupKill?: bigint
  readonly low?: bigint
  readonly high?: bigint
  readonly max?: bigint
  /** v1: out of memory at this moment. */
  readonly underOom?: boolean
}

export interface PidsStats {
  readonly current: bigint
  readonly limit?: bigint
}

/** One number of one device. `op` is `Read`, `Write`, `Discard`, on v1 also `Sync`, `Async`, `Total`; '' where there is only one number. */
export interface BlkioEntry {
  readonly major: number
  readonly minor: number
  readonly op: string
  readonly value: bigint
}

export interface BlkioStats {
  readonly serviceBytes?: readonly BlkioEntry[]
  readonly serviced?: readonly BlkioEntry[]
  readonly queued?: readonly BlkioEntry[]
  readonly serviceTime?: readonly BlkioEntry[]
  readonly waitTime?: readonly BlkioEntry[]
  readonly merged?: readonly BlkioEntry[]
  readonly time?: readonly BlkioEntry[]
  readonly sectors?: readonly BlkioEntry[]
  /** v2 with io.cost: `cost.usage`, `cost.wait`, `cost.indebt`, `cost.indelay` (microseconds) as `op`. */
  readonly cost?: readonly BlkioEntry[]
  readonly psi?: Pressure
}

export interface RdmaEntry {
  readonly device: string
  readonly hcaHandles?: bigint
  readonly hcaObjects?: bigint
}

export interface RdmaStats {
  readonly current: readonly RdmaEntry[]
  readonly limit: readonly RdmaEntry[]
}

export interface MiscStats {
  readonly usage?: bigint
  /** How often the limit was met. */
  readonly events?: bigint
}

export interface NetworkInterfaceStats {
  readonly name: string
  readonly rxBytes: bigint
  readonly rxPackets: bigint
  readonly rxErrors: bigint
  readonly rxDropped: bigint
  readonly txBytes: bigint
  readonly txPackets: bigint
  readonly txErrors: bigint
  readonly txDropped: bigint
}
