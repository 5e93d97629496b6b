/** Into which cgroups one more process of a running container goes. */

import { readFileSync } from 'node:fs'
import { TeuError } from '@teu/spec'
import { parseProcCgroup } from '../probe/proc-cgroup.ts'
import { ownHierarchies } from './guard.ts'
import { type CgroupHierarchy, type CgroupLocation, withPaths } from './locate.ts'
import { cgroupComponents } from './path.ts'
import { type CgroupJoin, planCgroupJoin } from './plan.ts'

export interface ExecJoinOptions {
  /** Cgroup below the container's own, which must exist: for all hierarchies, or on v1 by controller (`cpu,memory` → path). A leading
   *  slash means the container's cgroup. */
  readonly subCgroup?: string | Readonly<Record<string, string>> | undefined
  /** Slot for the v2 directory. */
  readonly slot?: number
}

/** Plans how the process gets into the container's cgroups.
 *  @param location  that of the container, after {@link followInit}
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID for a sub-cgroup that is not below the container's, ERR_TEU_USAGE for an unknown controller */
export function planCgroupExecJoin(location: CgroupLocation, options: ExecJoinOptions = {}): CgroupJoin {
  return planCgroupJoin(subLocation(location, options.subCgroup), options.slot)
}

function subLocation(location: CgroupLocation, sub: ExecJoinOptions['subCgroup']): CgroupLocation {
  if (sub === undefined) return location
  if (location.hierarchies.length === 0) throw new TeuError('ERR_TEU_USAGE', 'Cannot choose a cgroup: the container has no cgroups')
  if (typeof sub === 'string') {
    const components = cgroupComponents(sub, 'sub-cgroup')
    return withPaths({ ...location, hierarchies: location.hierarchies.map((hierarchy) => descend(hierarchy, components)) })
  }
  const chosen = new Map(location.hierarchies.map((hierarchy) => [hierarchy, hierarchy]))
  for (const [names, path] of Object.entries(sub)) {
    const components = cgroupComponents(path, 'sub-cgroup')
    for (const name of names.split(',')) {
      const hierarchy = location.hierarchies.find(({ version, controllers }) => (version === 2 ? name === '' : controllers.includes(name)))
      if (!hierarchy)
        throw new TeuError(
          'ERR_TEU_USAGE',
          `Cannot choose a cgroup for the controller ${JSON.stringify(name)}: the container has none for it`,
        )
      chosen.set(hierarchy, descend(hierarchy, components))
    }
  }
  return withPaths({ ...location, hierarchies: [...chosen.values()] })
}

function descend(hierarchy: CgroupHierarchy, components: readonly string[]): CgroupHierarchy {
  return components.length === 0 ? hierarchy : { ...hierarchy, path: `${hierarchy.path}/${components.join('/')}` }
}

/** On v2, a cgroup that has given controllers to its children takes no processes: they go to where init is now, as a container with an
 *  init system of its own has it. Otherwise the location is returned as it is.
 *  @param options.proc  mount point of procfs
 *  @throws {TeuError} ERR_TEU_CGROUP when init has left the container's cgroup */
export function followInit(location: CgroupLocation, initPid: number, options: { proc?: string } = {}): CgroupLocation {
  const [hierarchy] = ownHierarchies(location)
  if (location.layout !== 'v2' || !hierarchy) return location
  if ((readIfThere(`${hierarchy.path}/cgroup.subtree_control`)?.trim() ?? '') === '') return location
  const memberships = parseProcCgroup(readIfThere(`${options.proc ?? '/proc'}/${initPid}/cgroup`) ?? '')
  const own = memberships.find((membership) => membership.hierarchy === 0)?.path
  const path = `${hierarchy.root}${own ?? ''}`
  if (own === undefined || own.split('/').includes('..') || !path.startsWith(`${hierarchy.path}/`)) {
    throw new TeuError(
      'ERR_TEU_CGROUP',
      `Cannot enter the container's cgroup ${hierarchy.path}: it takes no processes, and init is not below it`,
      {
        path: hierarchy.path,
        remedy: 'Name a cgroup below it that exists',
      },
    )
  }
  return withPaths({ ...location, hierarchies: [{ ...hierarchy, path }] })
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENODEV' || code === 'ESRCH') return undefined
    throw error
  }
}
