/** Paths in procfs and sysfs: which may be mounted over, which are hidden, which are read-only. Pure. */

import type { Step } from '@teu/init'
import type { Linux, Mount } from '@teu/spec'
import { configError } from './config-error.ts'
import { containerPath, isBelow } from './container-path.ts'
import { MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC, MOUNT_ATTR_NOSUID, MOUNT_ATTR_RDONLY } from './kernel-flags.ts'
import { SLOT } from './slots.ts'

/** The only files below /proc that a mount may cover: single files that tell, and change, nothing about processes or labels. lxcfs
 *  serves them. Everything else in procfs is refused, so that a mount can never stand in for a file that the runtime or the kernel's
 *  confinement relies on. */
export const PROC_OVERMOUNTS: readonly string[] = [
  '/proc/cpuinfo',
  '/proc/diskstats',
  '/proc/loadavg',
  '/proc/meminfo',
  '/proc/net/dev',
  '/proc/slabinfo',
  '/proc/stat',
  '/proc/swaps',
  '/proc/sys/crypto/fips_enabled',
  '/proc/sys/kernel/ns_last_pid',
  '/proc/uptime',
]

/** How a mount's destination has to be treated. */
export interface DestinationRules {
  /** A link on the way is a refusal. */
  readonly noSymlinks: boolean
  /** The target is a file of procfs, on purpose. */
  readonly overProc: boolean
}

/** Checks where a mount goes.
 *  @param destination  normalized
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID for the root itself, for files of procfs that are not in {@link PROC_OVERMOUNTS}, and for
 *  anything but procfs on /proc */
export function destinationRules(destination: string, mount: Mount, isBind: boolean, pointer: string): DestinationRules {
  const at = `${pointer}/destination`
  if (destination === '/') {
    throw configError(at, 'a mount on "/" would hide the root file system', { remedy: 'Give the file system as root.path' })
  }
  if (destination === '/proc') {
    // The host's own procfs is for containers that share its pid namespace without rights to mount a new one.
    const isProc = isBind ? containerPath(mount.source ?? '') === '/proc' : mount.type === 'proc'
    if (!isProc) throw configError(at, 'only procfs can be mounted on /proc')
    return { noSymlinks: true, overProc: false }
  }
  if (isBelow(destination, '/proc')) {
    if (!PROC_OVERMOUNTS.includes(destination)) {
      throw configError(at, `mounts inside /proc are refused, except on ${PROC_OVERMOUNTS.join(', ')}; got ${destination}`)
    }
    return { noSymlinks: false, overProc: true }
  }
  const isKernelTree = mount.type === 'proc' || mount.type === 'sysfs' || mount.type === 'cgroup' || mount.type === 'cgroup2'
  return { noSymlinks: (!isBind && isKernelTree) || isBelow(destination, '/sys'), overProc: false }
}

/** Nothing fits into the tmpfs behind masked directories: no byte, and no inode beside its root. */
const EMPTY_DIRECTORY_OPTIONS: readonly string[] = ['ro', 'size=4096', 'nr_inodes=1', 'mode=0555']

/** Container step that makes what masked directories are hidden behind. */
export function planEmptyDirectory(): Step {
  return {
    op: 'new_mount',
    slot: SLOT.emptyDirectory,
    type: 'tmpfs',
    source: 'tmpfs',
    options: EMPTY_DIRECTORY_OPTIONS,
    attrs: MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
    pointer: '/linux/maskedPaths',
  }
}

/** Hides `maskedPaths` and makes `readonlyPaths` read-only, each distinct path once. Read-only ones come first, so that a mask below
 *  one of them lies on top. */
export function planHiddenPaths(linux: Pick<Linux, 'maskedPaths' | 'readonlyPaths'>): Step[] {
  const steps: Step[] = []
  forEachDistinct(linux.readonlyPaths, '/linux/readonlyPaths', (path, pointer) => {
    steps.push({ op: 'readonly_path', root: SLOT.root, path, pointer })
  })
  forEachDistinct(linux.maskedPaths, '/linux/maskedPaths', (path, pointer) => {
    steps.push({ op: 'mask', root: SLOT.root, path, nullDevice: SLOT.nullDevice, emptyDir: SLOT.emptyDirectory, pointer })
  })
  return steps
}

function forEachDistinct(paths: readonly string[] | undefined, pointer: string, use: (path: string, pointer: string) => void): void {
  const seen = new Set<string>()
  for (const [index, path] of (paths ?? []).entries()) {
    const normalized = containerPath(path)
    const at = `${pointer}/${index}`
    if (normalized === '/') throw configError(at, '"/" cannot be hidden or made read-only here', { remedy: 'Use root.readonly' })
    if (seen.has(normalized)) continue
    seen.add(normalized)
    use(normalized, at)
  }
}
