/** What of the cgroups an ordinary user can have. */

import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { isTeuError, type LinuxResources, TeuError } from '@teu/spec'
import { type CgroupHierarchy, type CgroupLocation, type LocateOptions, locateCgroups, noCgroups, withPaths } from './locate.ts'
import { compileResources } from './resources/compile.ts'
import { type HasFile, usualFiles } from './resources/write.ts'

export interface ChooseOptions extends LocateOptions {
  /** Limits that the container asks for. */
  readonly resources?: LinuxResources | undefined
}

/** Like {@link locateCgroups}; for an ordinary user without the hierarchies in which nothing was delegated to them. A container that asks
 *  for no limits starts without cgroups then; one that does, or that asks for a systemd unit, is refused.
 *  @throws {TeuError} ERR_TEU_ROOTLESS when a limit or the unit needs a cgroup that this user cannot have; else as {@link locateCgroups}
 *  @see cgroup-v2.rst "Delegation" */
export function chooseCgroups(options: ChooseOptions): CgroupLocation {
  const location = locateCgroups(options)
  if (!options.host.rootless) return location
  const hierarchies = location.hierarchies.filter((hierarchy) => isDelegated(hierarchy, ownPathOf(options, hierarchy)))
  if (hierarchies.length === location.hierarchies.length) return location
  if (location.unit) throw noUnit(location)
  const rest = hierarchies.length === 0 ? noCgroups(location.manager) : withPaths({ ...location, hierarchies })
  const resources = options.resources ?? {}
  // Wrong values, and those that nobody could have here, are not a matter of rights.
  compileResources(resources, location)
  try {
    compileResources(resources, rest)
  } catch (cause) {
    if (!isTeuError(cause, 'ERR_TEU_UNSUPPORTED')) throw cause
    throw new TeuError('ERR_TEU_ROOTLESS', 'Cannot limit the container: this user may not make cgroups here', {
      pointer: cause.pointer,
      cause,
      remedy: 'Have the cgroup delegated (systemd: Delegate=yes), use the systemd cgroup manager, or remove the limits',
    })
  }
  return rest
}

/** systemd makes the unit for an ordinary user, but the user's own process enters it. */
function noUnit({ layout, unit }: CgroupLocation): TeuError {
  const reason =
    layout === 'v2'
      ? "the caller is not below this user's systemd, and the kernel lets it move no process from there"
      : 'on cgroup v1 nothing is delegated to ordinary users'
  return new TeuError('ERR_TEU_ROOTLESS', `Cannot enter the systemd unit ${unit?.name}: ${reason}`, {
    remedy: layout === 'v2' ? 'Start it below: systemd-run --user --scope …' : 'Use pure cgroup v2, or disable cgroups',
  })
}

function ownPathOf({ host }: LocateOptions, { version, root }: CgroupHierarchy): string {
  const own = version === 2 ? host.cgroup.v2?.ownPath : host.cgroup.v1.find(({ mountPoint }) => mountPoint === root)?.ownPath
  return `${root}${own ?? '/'}`
}

/** Whether the directory can be made, and a process moved from the caller's cgroup into it. */
function isDelegated({ version, path }: CgroupHierarchy, ownPath: string): boolean {
  let parent = path
  while (!existsSync(parent)) parent = dirname(parent)
  if (!isWritable(parent)) return false
  if (version === 1) return true
  let common = parent
  while (`${ownPath}/`.startsWith(`${common}/`) === false && common !== '/') common = dirname(common)
  return isWritable(`${common}/cgroup.procs`)
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** Looks which optional files a container's cgroup has, or is going to have: they are the same in every cgroup but the root. */
export function cgroupFileProbe(location: CgroupLocation): HasFile {
  return (controller, file) => {
    const hierarchy = location.hierarchies.find(({ controllers }) => controllers.includes(controller))
    const example = hierarchy && examples(hierarchy).find((directory) => hierarchy.version === 1 || isEnabled(directory, controller))
    return example === undefined ? usualFiles(controller, file) : existsSync(`${example}/${file}`)
  }
}

/** Cgroups that are there already: the container's own or those above it, else some below the root. */
function examples({ root, path }: CgroupHierarchy): string[] {
  const directories: string[] = []
  for (let directory = path; directory.length > root.length; directory = dirname(directory)) {
    if (existsSync(directory)) directories.push(directory)
  }
  if (directories.length > 0 || !existsSync(root)) return directories
  const entries = readdirSync(root, { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => `${root}/${name}`)
}

/** A v2 cgroup has the files of a controller only where its parent has enabled that. */
function isEnabled(directory: string, controller: string): boolean {
  try {
    return readFileSync(`${directory}/cgroup.controllers`, 'latin1').trim().split(' ').includes(controller)
  } catch {
    return false
  }
}
