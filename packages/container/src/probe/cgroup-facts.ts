/** From mountinfo and /proc/self/cgroup to the cgroup layout of the host. Pure. */

import type { CgroupFacts, CgroupV1Hierarchy } from '../host-facts.ts'
import type { MountEntry } from './mountinfo.ts'
import type { CgroupMembership } from './proc-cgroup.ts'

/** File system types that matter here. */
export const CGROUP_TYPES = ['cgroup', 'cgroup2'] as const

/** Works out the layout.
 *  @param mounts  the mounts of type `cgroup` and `cgroup2`
 *  @param own  the caller's memberships
 *  @param readControllers  controllers of the v2 hierarchy mounted at a place (its `cgroup.controllers`) */
export function cgroupFacts(
  mounts: readonly MountEntry[],
  own: readonly CgroupMembership[],
  readControllers: (mountPoint: string) => readonly string[],
): CgroupFacts {
  const v1: CgroupV1Hierarchy[] = []
  let ownUnified = '/'
  for (const membership of own) {
    const first = membership.controllers[0]
    if (first === undefined) {
      ownUnified = membership.path
      continue
    }
    const mount = bestMount(mounts, (entry) => entry.type === 'cgroup' && entry.superOptions.split(',').includes(first))
    if (mount)
      v1.push({ controllers: membership.controllers, mountPoint: mount.mountPoint, ownPath: belowMountRoot(membership.path, mount.root) })
  }
  const mount = bestMount(mounts, (entry) => entry.type === 'cgroup2')
  if (!mount) return { layout: v1.length > 0 ? 'v1' : 'none', v1 }
  const v2 = {
    mountPoint: mount.mountPoint,
    ownPath: belowMountRoot(ownUnified, mount.root),
    controllers: readControllers(mount.mountPoint),
  }
  return { layout: v1.length > 0 ? 'hybrid' : 'v2', v1, v2 }
}

/** A hierarchy may be mounted several times (bind mounts into other places): the whole of it below /sys/fs/cgroup is the one meant. */
function bestMount(mounts: readonly MountEntry[], isWanted: (entry: MountEntry) => boolean): MountEntry | undefined {
  let best: MountEntry | undefined
  let bestRank = -1
  for (const entry of mounts) {
    const rank = (entry.mountPoint.startsWith('/sys/fs/cgroup') ? 2 : 0) + (entry.root === '/' ? 1 : 0)
    if (rank > bestRank && isWanted(entry)) {
      best = entry
      bestRank = rank
    }
  }
  return best
}

/** Where only a part of a hierarchy is mounted (a container without cgroup namespace), membership paths still begin at its root. A caller
 *  outside of its own cgroup namespace sees `/../…`: for it everything begins at the mount. */
function belowMountRoot(path: string, root: string): string {
  if (path.startsWith('/..')) return '/'
  if (root === '/') return path
  if (path.startsWith(`${root}/`)) return path.slice(root.length)
  return '/'
}
