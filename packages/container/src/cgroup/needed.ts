/** Which cgroups a container needs that nobody is going to look after. Pure. */

import type { LinuxResources } from '@teu/spec'
import { ownHierarchies } from './guard.ts'
import { type CgroupHierarchy, type CgroupLocation, withPaths } from './locate.ts'
import { compileResources } from './resources/compile.ts'

/** Without these nothing could be kept from devices, stopped as a whole, or said of a lack of memory. */
const ALWAYS: readonly string[] = ['devices', 'freezer', 'memory']

/** The location without those v1 hierarchies in which the container has no limit. Each one costs a tenth of a millisecond to make, enter,
 *  show and remove, so a program that is run once, and is gone with its caller, stays in its caller's cgroup there.
 *  On v2 there is one hierarchy, and nothing to leave out.
 *  @throws {TeuError} what compiling the resources throws */
export function withoutUnneeded(location: CgroupLocation, resources: LinuxResources = {}): CgroupLocation {
  const writes = compileResources(resources, location)
  const isNeeded = ({ version, path, controllers }: CgroupHierarchy): boolean =>
    version === 2 || controllers.some((controller) => ALWAYS.includes(controller)) || writes.some(({ file }) => file.startsWith(`${path}/`))
  const hierarchies = ownHierarchies(location).filter(isNeeded)
  return hierarchies.length === location.hierarchies.length ? location : withPaths({ ...location, hierarchies })
}
