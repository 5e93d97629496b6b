/** What the plan compiler may know of the machine. Sampled once by `probeHost()`, plain data, so that plans are pure. */

/** One mounted cgroup v1 hierarchy. */
export interface CgroupV1Hierarchy {
  /** Controllers in this hierarchy, for example `['cpu', 'cpuacct']`; a named one is `['name=systemd']`. */
  readonly controllers: readonly string[]
  /** Where it is mounted, for example `/sys/fs/cgroup/cpu`. */
  readonly mountPoint: string
  /** The caller's own cgroup in it, from /proc/self/cgroup, for example `/`. */
  readonly ownPath: string
}

export interface CgroupFacts {
  /** `v2`: only the unified hierarchy. `hybrid`: v1 controllers plus a v2 mount. `v1`: no v2 mount. `none`: nothing mounted. */
  readonly layout: 'v2' | 'hybrid' | 'v1' | 'none'
  readonly v1: readonly CgroupV1Hierarchy[]
  /** The v2 mount, in the v2 and hybrid layouts. */
  readonly v2?: { readonly mountPoint: string; readonly ownPath: string; readonly controllers: readonly string[] }
}

export interface HostFacts {
  /** `[major, minor]` from uname. */
  readonly kernel: readonly [number, number]
  /** Machine name from uname: `x86_64`, `aarch64`. */
  readonly machine: string
  readonly euid: number
  readonly egid: number
  /** True when the caller is not root in the initial user namespace. */
  readonly rootless: boolean
  /** Effective capabilities of the caller, from /proc/self/status. */
  readonly capabilities: bigint
  /** Highest capability number of the kernel (/proc/sys/kernel/cap_last_cap). */
  readonly lastCapability: number
  readonly cgroup: CgroupFacts
  readonly apparmor: boolean
  readonly selinux: boolean
  /** Absolute paths of newuidmap and newgidmap, when installed. */
  readonly newuidmap?: string
  readonly newgidmap?: string
  /** Link text of `/proc/self/ns/<type>`, to recognise "joins the host's namespace by path". */
  readonly ownNamespaces: Readonly<Record<string, string>>
}
