import type { Integer } from './integer.ts'
import type { LinuxIDMapping } from './mount.ts'
import type { LinuxResources } from './resources.ts'
import type { LinuxSeccomp } from './seccomp.ts'

/** Kinds of namespaces. @see namespaces(7) */
export type LinuxNamespaceType = 'pid' | 'network' | 'mount' | 'ipc' | 'uts' | 'user' | 'cgroup' | 'time'

/** A namespace to make or to join. */
export interface LinuxNamespace {
  type: LinuxNamespaceType
  /** Absolute host path of a namespace to join. Absent: a new one is made. */
  path?: string | undefined
}

/** A device node to make in the container. @see mknod(2) */
export interface LinuxDevice {
  path: string
  /** `c` or `u` character, `b` block, `p` FIFO. */
  type: 'c' | 'b' | 'u' | 'p'
  /** 0 to 4095; needed unless `type` is `p`. */
  major?: number | undefined
  /** 0 to 1048575; needed unless `type` is `p`. */
  minor?: number | undefined
  /** The low twelve bits are the permissions; file type bits may be there and mean nothing. */
  fileMode?: number | undefined
  uid?: number | undefined
  gid?: number | undefined
}

/** A network device that is moved into the container. */
export interface LinuxNetDevice {
  /** Its name in the container. Absent: unchanged. */
  name?: string | undefined
}

/** Intel Resource Director Technology, by resctrl. @see runtime-spec config-linux.md "IntelRdt" */
export interface LinuxIntelRdt {
  /** Directory name of the class of service; `/` is the root class. Absent: the container id. */
  closID?: string | undefined
  /** Lines of the `schemata` file, written last. */
  schemata?: readonly string[] | undefined
  l3CacheSchema?: string | undefined
  /** Starts with `MB:`. */
  memBwSchema?: string | undefined
  /** The container gets its own monitoring group. */
  enableMonitoring?: boolean | undefined
  /** Older form of `enableMonitoring`. */
  enableCMT?: boolean | undefined
  /** Older form of `enableMonitoring`. */
  enableMBM?: boolean | undefined
}

/** Execution domains. @see personality(2) */
export type LinuxPersonalityDomain = 'LINUX' | 'LINUX32'

/** Execution domain of the process. The specification defines no flag yet. */
export interface LinuxPersonality {
  domain: LinuxPersonalityDomain
  flags?: readonly string[] | undefined
}

/** Offset of one clock. @see time_namespaces(7) */
export interface LinuxTimeOffset {
  secs?: Integer | undefined
  /** 0 to 999999999. */
  nanosecs?: number | undefined
}

/** Modes of set_mempolicy(2). */
export type MemoryPolicyMode =
  | 'MPOL_DEFAULT'
  | 'MPOL_PREFERRED'
  | 'MPOL_BIND'
  | 'MPOL_INTERLEAVE'
  | 'MPOL_LOCAL'
  | 'MPOL_PREFERRED_MANY'
  | 'MPOL_WEIGHTED_INTERLEAVE'

/** Mode flags of set_mempolicy(2). */
export type MemoryPolicyFlag = 'MPOL_F_STATIC_NODES' | 'MPOL_F_RELATIVE_NODES' | 'MPOL_F_NUMA_BALANCING'

/** NUMA memory policy of the process. @see set_mempolicy(2) */
export interface LinuxMemoryPolicy {
  mode: MemoryPolicyMode
  /** Node list (`0-3,7`). */
  nodes?: string | undefined
  flags?: readonly MemoryPolicyFlag[] | undefined
}

/** Propagation of the root mount. @see mount_namespaces(7) */
export type RootfsPropagation = 'shared' | 'slave' | 'private' | 'unbindable' | 'rshared' | 'rslave' | 'rprivate' | 'runbindable'

/** The Linux part of a config. @see runtime-spec config-linux.md */
export interface Linux {
  /** A type that is not listed is shared with the runtime. */
  namespaces?: readonly LinuxNamespace[] | undefined
  uidMappings?: readonly LinuxIDMapping[] | undefined
  gidMappings?: readonly LinuxIDMapping[] | undefined
  /** By clock name: `monotonic`, `boottime`. */
  timeOffsets?: Readonly<Record<string, LinuxTimeOffset>> | undefined
  devices?: readonly LinuxDevice[] | undefined
  /** By the device's name on the host. */
  netDevices?: Readonly<Record<string, LinuxNetDevice>> | undefined
  /** Absolute (from the cgroup mount) or relative path, or `slice:prefix:name` for systemd. Empty is the same as absent. */
  cgroupsPath?: string | undefined
  resources?: LinuxResources | undefined
  intelRdt?: LinuxIntelRdt | undefined
  memoryPolicy?: LinuxMemoryPolicy | undefined
  /** Key with dots or slashes → value. */
  sysctl?: Readonly<Record<string, string>> | undefined
  seccomp?: LinuxSeccomp | undefined
  /** Empty is the same as absent. */
  rootfsPropagation?: RootfsPropagation | '' | undefined
  /** Absolute container paths that are hidden. */
  maskedPaths?: readonly string[] | undefined
  /** Absolute container paths that are read-only. */
  readonlyPaths?: readonly string[] | undefined
  /** SELinux context of the container's own mounts. Empty is the same as absent. */
  mountLabel?: string | undefined
  personality?: LinuxPersonality | undefined
}
