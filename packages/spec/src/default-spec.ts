import type { LinuxNamespace } from './types/linux.ts'
import type { Mount } from './types/mount.ts'
import type { Spec } from './types/spec.ts'
import { OCI_VERSION } from './version.ts'

/** Search path of a program when the config names none. */
export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Capabilities of a process when nobody asks for others. */
export const DEFAULT_CAPABILITIES: readonly string[] = ['CAP_AUDIT_WRITE', 'CAP_KILL', 'CAP_NET_BIND_SERVICE']

/** Kernel files that tell too much or do harm; hidden by default. */
export const DEFAULT_MASKED_PATHS: readonly string[] = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
]

/** Kernel files that change the machine; read-only by default. */
export const DEFAULT_READONLY_PATHS: readonly string[] = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger']

/** Options of {@link defaultSpec}. */
export interface DefaultSpecOptions {
  /** For an ordinary user with these ids: a user namespace that maps them to root, no new network namespace, no limits. */
  rootless?: { readonly uid: number; readonly gid: number } | undefined
  /** The host has the pure v2 layout: the container gets a cgroup namespace. */
  cgroupV2?: boolean | undefined
}

/**
 * The config that `spec` writes: a shell on a terminal in a read-only root file system `rootfs`. Pure; a new object at each call.
 * @see runtime-spec config.md
 */
export function defaultSpec(options: DefaultSpecOptions = {}): Spec {
  const { rootless } = options
  return {
    ociVersion: OCI_VERSION,
    process: {
      terminal: true,
      user: { uid: 0, gid: 0 },
      args: ['sh'],
      env: [`PATH=${DEFAULT_PATH}`, 'TERM=xterm'],
      cwd: '/',
      capabilities: {
        bounding: [...DEFAULT_CAPABILITIES],
        effective: [...DEFAULT_CAPABILITIES],
        permitted: [...DEFAULT_CAPABILITIES],
      },
      rlimits: [{ type: 'RLIMIT_NOFILE', hard: 1024, soft: 1024 }],
      noNewPrivileges: true,
    },
    root: { path: 'rootfs', readonly: true },
    hostname: 'teu',
    mounts: defaultMounts(rootless !== undefined),
    linux: {
      ...(rootless === undefined
        ? { resources: { devices: [{ allow: false, access: 'rwm' }] } }
        : {
            uidMappings: [{ containerID: 0, hostID: rootless.uid, size: 1 }],
            gidMappings: [{ containerID: 0, hostID: rootless.gid, size: 1 }],
          }),
      namespaces: defaultNamespaces(options),
      maskedPaths: [...DEFAULT_MASKED_PATHS],
      readonlyPaths: [...DEFAULT_READONLY_PATHS],
    },
  }
}

function defaultNamespaces({ rootless, cgroupV2 = false }: DefaultSpecOptions): LinuxNamespace[] {
  const types: LinuxNamespace['type'][] =
    rootless === undefined ? ['pid', 'network', 'ipc', 'uts', 'mount'] : ['pid', 'ipc', 'uts', 'mount']
  if (cgroupV2) types.push('cgroup')
  if (rootless !== undefined) types.push('user')
  return types.map((type) => ({ type }))
}

/** Without a network namespace of its own a user namespace may not mount sysfs, and it does not know the group 5 of ttys. */
function defaultMounts(isRootless: boolean): Mount[] {
  const devpts = ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620']
  return [
    { destination: '/proc', type: 'proc', source: 'proc' },
    { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'] },
    { destination: '/dev/pts', type: 'devpts', source: 'devpts', options: isRootless ? devpts : [...devpts, 'gid=5'] },
    { destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: ['nosuid', 'noexec', 'nodev', 'mode=1777', 'size=65536k'] },
    { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: ['nosuid', 'noexec', 'nodev'] },
    isRootless
      ? { destination: '/sys', type: 'none', source: '/sys', options: ['rbind', 'nosuid', 'noexec', 'nodev', 'ro'] }
      : { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', 'ro'] },
    { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: ['nosuid', 'noexec', 'nodev', 'relatime', 'ro'] },
  ]
}
