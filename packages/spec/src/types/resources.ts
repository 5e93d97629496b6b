import type { Integer } from './integer.ts'

/** A rule of the device filter; rules apply in order. @see runtime-spec config-linux.md "Allowed Device list" */
export interface LinuxDeviceCgroup {
  allow: boolean
  /** `a` both kinds, `c` character, `b` block. Absent or empty: `a`, which covers every number too. */
  type?: 'a' | 'c' | 'b' | '' | undefined
  /** Absent or -1: every one. */
  major?: number | undefined
  /** Absent or -1: every one. */
  minor?: number | undefined
  /** Letters of `rwm` (read, write, mknod). Absent: all three. */
  access?: string | undefined
}

/** Memory limits in bytes; -1 is unlimited. A limit of 0 leaves the kernel's value as it is. */
export interface LinuxMemory {
  limit?: Integer | undefined
  /** Soft limit. */
  reservation?: Integer | undefined
  /** Limit of memory and swap together, never below `limit`. */
  swap?: Integer | undefined
  /** Obsolete; ignored with a warning by current kernels. */
  kernel?: Integer | undefined
  /** Obsolete; ignored with a warning by current kernels. */
  kernelTCP?: Integer | undefined
  /** 0 to 100. */
  swappiness?: number | undefined
  disableOOMKiller?: boolean | undefined
  useHierarchy?: boolean | undefined
  /** Refuse a new limit below the present usage. */
  checkBeforeUpdate?: boolean | undefined
}

/** CPU time and placement; times in microseconds. */
export interface LinuxCPU {
  /** Relative weight, 2 to 262144; 0 is unset. */
  shares?: Integer | undefined
  /** Time per period, at least 1000; -1 is no limit, 0 is unset. */
  quota?: Integer | undefined
  /** Unused time that may be saved up; not above a positive quota. */
  burst?: Integer | undefined
  /** 1000 to 1000000; 0 is unset. */
  period?: Integer | undefined
  realtimeRuntime?: Integer | undefined
  realtimePeriod?: Integer | undefined
  /** CPU list (`0-3,7`). */
  cpus?: string | undefined
  /** Memory node list. */
  mems?: string | undefined
  /** 1: everything in the cgroup is SCHED_IDLE. */
  idle?: number | undefined
}

/** Limit of tasks. */
export interface LinuxPids {
  /** Negative: unlimited. Absent: as it is. */
  limit?: Integer | undefined
}

/** A block device by number. */
export interface LinuxBlockIODevice {
  major: number
  minor: number
}

/** Weight on one device, 10 to 1000; at least one of the two. */
export interface LinuxWeightDevice extends LinuxBlockIODevice {
  weight?: number | undefined
  leafWeight?: number | undefined
}

/** Rate limit on one device, bytes or operations per second. */
export interface LinuxThrottleDevice extends LinuxBlockIODevice {
  rate: Integer
}

/** Block I/O weights (10 to 1000, 0 is unset) and limits. */
export interface LinuxBlockIO {
  weight?: number | undefined
  leafWeight?: number | undefined
  weightDevice?: readonly LinuxWeightDevice[] | undefined
  throttleReadBpsDevice?: readonly LinuxThrottleDevice[] | undefined
  throttleWriteBpsDevice?: readonly LinuxThrottleDevice[] | undefined
  throttleReadIOPSDevice?: readonly LinuxThrottleDevice[] | undefined
  throttleWriteIOPSDevice?: readonly LinuxThrottleDevice[] | undefined
}

/** Limit for one size of huge pages. */
export interface LinuxHugepageLimit {
  /** `64KB`, `2MB`, `1GB`. */
  pageSize: string
  /** Bytes. */
  limit: Integer
}

/** Priority of the traffic that leaves by one interface. */
export interface LinuxInterfacePriority {
  name: string
  priority: number
}

/** The net_cls and net_prio controllers of cgroup v1. */
export interface LinuxNetwork {
  classID?: number | undefined
  priorities?: readonly LinuxInterfacePriority[] | undefined
}

/** Limits of one RDMA device; at least one of the two. */
export interface LinuxRdma {
  hcaHandles?: number | undefined
  hcaObjects?: number | undefined
}

/** cgroup limits of a container. @see runtime-spec config-linux.md "Control groups" */
export interface LinuxResources {
  devices?: readonly LinuxDeviceCgroup[] | undefined
  memory?: LinuxMemory | undefined
  cpu?: LinuxCPU | undefined
  pids?: LinuxPids | undefined
  blockIO?: LinuxBlockIO | undefined
  hugepageLimits?: readonly LinuxHugepageLimit[] | undefined
  network?: LinuxNetwork | undefined
  /** By device name. */
  rdma?: Readonly<Record<string, LinuxRdma>> | undefined
  /** cgroup v2 file name → content, written last. */
  unified?: Readonly<Record<string, string>> | undefined
}
