/** "This is built in." Absent means unknown, not false. */
export interface FeatureSwitch {
  enabled?: boolean | undefined
}

/** Which cgroup layouts and managers the runtime knows. */
export interface FeaturesCgroup {
  v1?: boolean | undefined
  v2?: boolean | undefined
  systemd?: boolean | undefined
  systemdUser?: boolean | undefined
  rdma?: boolean | undefined
}

/** Which seccomp words the runtime knows. */
export interface FeaturesSeccomp extends FeatureSwitch {
  actions?: readonly string[] | undefined
  operators?: readonly string[] | undefined
  archs?: readonly string[] | undefined
  knownFlags?: readonly string[] | undefined
  supportedFlags?: readonly string[] | undefined
}

/** Which parts of `linux.intelRdt` the runtime knows. */
export interface FeaturesIntelRdt extends FeatureSwitch {
  schemata?: boolean | undefined
  monitoring?: boolean | undefined
}

/** Which words of `linux.memoryPolicy` the runtime knows. */
export interface FeaturesMemoryPolicy {
  modes?: readonly string[] | undefined
  flags?: readonly string[] | undefined
}

/** Extensions of mounts. */
export interface FeaturesMountExtensions {
  idmap?: FeatureSwitch | undefined
}

/** @see runtime-spec features-linux.md */
export interface FeaturesLinux {
  namespaces?: readonly string[] | undefined
  capabilities?: readonly string[] | undefined
  cgroup?: FeaturesCgroup | undefined
  seccomp?: FeaturesSeccomp | undefined
  apparmor?: FeatureSwitch | undefined
  selinux?: FeatureSwitch | undefined
  intelRdt?: FeaturesIntelRdt | undefined
  memoryPolicy?: FeaturesMemoryPolicy | undefined
  mountExtensions?: FeaturesMountExtensions | undefined
  netDevices?: FeatureSwitch | undefined
}

/** What a runtime knows, whatever the host has. A list that is absent is unknown, an empty one means "none". @see runtime-spec features.md */
export interface Features {
  ociVersionMin: string
  ociVersionMax: string
  hooks?: readonly string[] | undefined
  mountOptions?: readonly string[] | undefined
  linux?: FeaturesLinux | undefined
  annotations?: Readonly<Record<string, string>> | undefined
  /** Annotations of a config that may be unsafe; one that ends in `.` is a prefix. */
  potentiallyUnsafeConfigAnnotations?: readonly string[] | undefined
}
