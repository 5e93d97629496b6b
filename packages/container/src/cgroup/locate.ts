/** Where a container's cgroups are. Pure: nothing is looked up, nothing is made. */

import { posix } from 'node:path'
import { TeuError } from '@teu/spec'
import type { CgroupFacts, HostFacts } from '../host-facts.ts'
import { parseSystemdPath, type SystemdUnit, unitCgroupPath } from '../systemd/unit-name.ts'
import type { CgroupManager } from '../types.ts'
import { cgroupComponents } from './path.ts'

/** The container's directory in one hierarchy. */
export interface CgroupHierarchy {
  readonly version: 1 | 2
  /** Where the hierarchy is mounted. */
  readonly root: string
  /** The container's directory in it, strictly below `root`. */
  readonly path: string
  /** v1: the controllers of the hierarchy, or one `name=…`. v2: those that the hierarchy's root offers. */
  readonly controllers: readonly string[]
}

/** The container's cgroups: plain data, kept in the container's record. */
export interface CgroupLocation {
  readonly layout: CgroupFacts['layout']
  readonly manager: CgroupManager
  /** v1 and hybrid: controller → absolute directory; the v2 directory is under the key ''. v2: only that key. */
  readonly paths: Readonly<Record<string, string>>
  /** The v2 directory in the hybrid layout: processes move there as well, as with runc and systemd. */
  readonly unifiedPath?: string
  /** Each directory once, also where controllers share one. */
  readonly hierarchies: readonly CgroupHierarchy[]
  /** Manager `systemd`: the unit that owns the cgroup. */
  readonly unit?: SystemdUnit
}

export interface LocateOptions {
  /** `linux.cgroupsPath`. Absolute: from the root of each hierarchy. Relative: from the caller's own cgroup. `slice:prefix:name` with the
   *  manager `systemd`. Empty: `/teu-<id>`, for an ordinary user `teu-<id>`. */
  readonly cgroupsPath?: string | undefined
  readonly id: string
  readonly manager: CgroupManager
  readonly host: Pick<HostFacts, 'cgroup' | 'euid' | 'rootless'>
  /** Cgroup of the systemd manager that is asked, from the root of the hierarchy. Default: the root; for an ordinary user that of
   *  `user@<uid>.service`. */
  readonly managerCgroup?: string
}

/** The location of a container without cgroups. */
export function noCgroups(manager: CgroupManager): CgroupLocation {
  return { layout: 'none', manager, paths: {}, hierarchies: [] }
}

/** Says where the container's cgroups are going to be.
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID for a cgroupsPath that leaves the hierarchy, is its root, or has the wrong form
 *  @see runtime-spec config-linux.md "Cgroups Path"; cgroups(7) */
export function locateCgroups(options: LocateOptions): CgroupLocation {
  const { host, manager } = options
  if (manager === 'disabled' || host.cgroup.layout === 'none') return noCgroups(manager)
  if (manager === 'systemd') {
    const unit = parseSystemdPath(options.cgroupsPath, options.id, host.rootless)
    const base = options.managerCgroup ?? managerCgroupOf(host)
    const path = cgroupComponents(`${base}/${unitCgroupPath(unit)}`, 'linux.cgroupsPath', '/linux/cgroupsPath').join('/')
    return { ...locationOf(host.cgroup, manager, () => path), unit }
  }
  const wanted = options.cgroupsPath || (host.rootless ? `teu-${options.id}` : `/teu-${options.id}`)
  const components = cgroupComponents(wanted, 'linux.cgroupsPath', '/linux/cgroupsPath')
  if (components.length === 0) {
    throw new TeuError('ERR_TEU_CONFIG_INVALID', `linux.cgroupsPath: expected a cgroup below the root, got ${JSON.stringify(wanted)}`, {
      pointer: '/linux/cgroupsPath',
    })
  }
  const path = components.join('/')
  return locationOf(host.cgroup, manager, wanted.startsWith('/') ? () => path : (base) => posix.join(base, path))
}

/** @param resolve  from the directory that relative paths start at to the container's path below the mount point */
function locationOf(facts: CgroupFacts, manager: CgroupManager, resolve: (base: string) => string): CgroupLocation {
  const hierarchies: CgroupHierarchy[] = []
  for (const { controllers, mountPoint, ownPath } of facts.v1) {
    const [first = ''] = controllers
    // Named hierarchies belong to whoever made them; only systemd's is everybody's.
    if (first.startsWith('name=') && first !== 'name=systemd') continue
    hierarchies.push({ version: 1, root: mountPoint, path: posix.join(mountPoint, resolve(ownPath)), controllers })
  }
  if (facts.v2) {
    const { mountPoint, ownPath, controllers } = facts.v2
    // On pure v2 the caller's own cgroup holds processes, so it cannot have children with controllers: use its parent.
    const base = facts.layout === 'v2' ? posix.dirname(ownPath) : ownPath
    hierarchies.push({ version: 2, root: mountPoint, path: posix.join(mountPoint, resolve(base)), controllers })
  }
  return withPaths({ layout: facts.layout, manager, hierarchies })
}

/** Adds the maps that are derived from the hierarchies. */
export function withPaths(location: Pick<CgroupLocation, 'layout' | 'manager' | 'hierarchies' | 'unit'>): CgroupLocation {
  const paths: Record<string, string> = {}
  for (const { version, path, controllers } of location.hierarchies) {
    for (const controller of version === 2 ? [''] : controllers) paths[controller] = path
  }
  return { ...location, paths, ...(location.layout === 'hybrid' && paths[''] !== undefined && { unifiedPath: paths[''] }) }
}

/** The hierarchy in which a controller works: v1 where it is mounted, else v2 where that offers it.
 *  @param controller  v2 name, or v1 name where the two differ (`io`/`blkio`) */
export function hierarchyOf(location: CgroupLocation, ...controller: readonly string[]): CgroupHierarchy | undefined {
  return location.hierarchies.find((hierarchy) => controller.some((name) => hierarchy.controllers.includes(name)))
}

/** Cgroup of the manager that an ordinary user's units belong to. */
function managerCgroupOf({ cgroup, euid, rootless }: LocateOptions['host']): string {
  if (!rootless) return '/'
  const own = cgroup.v2?.ownPath ?? cgroup.v1.find(({ controllers }) => controllers.includes('name=systemd'))?.ownPath ?? '/'
  const service = `user@${euid}.service`
  const components = own.split('/')
  // The root of a user namespace has another number outside, where the service has its name from.
  const index = components.findIndex((name) => name === service || (euid === 0 && /^user@\d+\.service$/.test(name)))
  return index < 0 ? `/user.slice/user-${euid}.slice/${service}` : components.slice(0, index + 1).join('/')
}
