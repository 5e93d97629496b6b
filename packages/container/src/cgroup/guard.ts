/** The last check before anything is done to a cgroup: a location may come from a file on disk. Pure. */

import { TeuError } from '@teu/spec'
import type { CgroupHierarchy, CgroupLocation } from './locate.ts'

/** The hierarchies of a location whose directories may be changed, killed or removed: strictly below the root of the hierarchy.
 *  @throws {TeuError} ERR_TEU_CGROUP when one is the root itself, or leads out of it */
export function ownHierarchies(location: CgroupLocation): readonly CgroupHierarchy[] {
  for (const { root, path } of location.hierarchies) {
    const below = path.startsWith(`${root}/`) ? path.slice(root.length + 1).split('/') : []
    if (!root.startsWith('/') || below.length === 0 || below.some((component) => ['', '.', '..'].includes(component))) {
      throw new TeuError(
        'ERR_TEU_CGROUP',
        `Cannot use the cgroup ${JSON.stringify(path)}: it is not below the hierarchy ${JSON.stringify(root)}`,
        { path },
      )
    }
  }
  return location.hierarchies
}

/** Through which hierarchy the container's processes are listed, killed and waited for. All have the same processes; with v2, also that of
 *  the hybrid layout, the kernel does it in one step (`cgroup.kill`, `cgroup.events`), and the freezer's can be stopped meanwhile. */
export function processHierarchy(location: CgroupLocation): CgroupHierarchy | undefined {
  const hierarchies = ownHierarchies(location)
  return (
    hierarchies.find(({ version }) => version === 2) ??
    hierarchies.find(({ controllers }) => controllers.includes('freezer')) ??
    hierarchies.find(({ controllers }) => controllers.includes('pids')) ??
    hierarchies[0]
  )
}

/** The hierarchy with which the container is paused: the v1 freezer where it is mounted, as other tools expect there. */
export function freezerHierarchy(location: CgroupLocation): CgroupHierarchy | undefined {
  const hierarchies = ownHierarchies(location)
  return hierarchies.find(({ controllers }) => controllers.includes('freezer')) ?? hierarchies.find(({ version }) => version === 2)
}

/** The hierarchy with the memory controller. */
export function memoryHierarchy(location: CgroupLocation): CgroupHierarchy | undefined {
  return ownHierarchies(location).find(({ controllers }) => controllers.includes('memory'))
}
