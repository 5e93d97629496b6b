/** Cgroups made and kept by systemd: one transient scope for each container.
 *
 *  The order for a new container: {@link startUnit} with the pid of a process that holds the unit open, then the plan (which enters the
 *  cgroups that are there now), then that process may go. A scope cannot be started empty, and systemd removes it when it becomes empty. */

import { TeuError, type LinuxDeviceCgroup, type LinuxResources } from '@teu/spec'
import type { CgroupLocation } from '../cgroup/locate.ts'
import { compileUpdate } from '../cgroup/resources/compile.ts'
import type { ResourcesPatch } from '../cgroup/resources/merge.ts'
import { annotationProperties } from './annotations.ts'
import { DBusError, type WaitOptions } from './dbus/connection.ts'
import { variant } from './dbus/value.ts'
import { deviceProperties } from './device-properties.ts'
import { isUnitError, type SystemdManager, type UnitProperty } from './manager.ts'
import { compileUnitProperties } from './resources.ts'
import type { SystemdUnit } from './unit-name.ts'

export interface UnitOptions extends WaitOptions {
  readonly id: string
  readonly location: CgroupLocation
  /** Processes that the scope begins with: at least one. */
  readonly pids: readonly number[]
  readonly resources?: LinuxResources | undefined
  /** Device rules in order; used on v1. */
  readonly devices?: readonly LinuxDeviceCgroup[]
  /** Of the config: `org.systemd.property.*` */
  readonly annotations?: Readonly<Record<string, string>> | undefined
}

/** Starts the container's unit with its limits, and checks that its cgroup is where the plan expects it.
 *  @throws {TeuError} ERR_TEU_CGROUP, ERR_TEU_CONFIG_INVALID, ERR_TEU_TIMEOUT; the signal's reason */
export async function startUnit(manager: SystemdManager, options: UnitOptions): Promise<void> {
  const { location } = options
  const unit = unitOf(location)
  const version = await manager.version(options)
  const properties = unitProperties(options, unit, version)
  await asCgroupError(`start the unit ${unit.name}`, manager.startTransientUnit(unit.name, properties, options))
  try {
    await checkPlace(manager, options, unit)
  } catch (error) {
    await stopUnit(manager, location, { timeoutMs: options.timeoutMs ?? 5_000 }).catch(() => undefined)
    throw error
  }
}

/** Properties of a new unit: what it is, where it belongs, and its limits.
 *  @see systemd.scope(5), systemd.slice(5), systemd.resource-control(5) */
export function unitProperties(options: Omit<UnitOptions, keyof WaitOptions>, unit: SystemdUnit, version: number): UnitProperty[] {
  const { id, location, pids, resources = {}, devices } = options
  const isSlice = unit.name.endsWith('.slice')
  const flag = (name: string): UnitProperty => [name, variant('b', true)]
  return [
    ['Description', variant('s', `container ${id}`)],
    // A slice is placed by its name alone, and takes neither processes nor delegation.
    ...(isSlice
      ? ([['Wants', variant('as', [unit.slice])]] as const)
      : ([['Slice', variant('s', unit.slice)], flag('Delegate'), ['PIDs', variant('au', pids)]] as const)),
    ...['CPUAccounting', 'MemoryAccounting', 'TasksAccounting', location.layout === 'v2' ? 'IOAccounting' : 'BlockIOAccounting'].map(flag),
    // Without this a scope would be stopped at the beginning of a shutdown, before what may still need it.
    ['DefaultDependencies', variant('b', false)],
    ...compileUnitProperties(resources, { location, version }),
    ...(location.layout !== 'v2' && devices ? deviceProperties(devices) : []),
    ...annotationProperties(options.annotations),
  ]
}

export interface UnitUpdateOptions extends WaitOptions {
  readonly location: CgroupLocation
  readonly old: LinuxResources
  readonly patch: ResourcesPatch
}

/** First half of a live update: the unit's properties. The files follow ({@link applyUpdate}); when those fail, call the function that is
 *  returned to put the properties back. */
export async function updateUnit(manager: SystemdManager, options: UnitUpdateOptions): Promise<(wait?: WaitOptions) => Promise<void>> {
  const { location, old, patch } = options
  const unit = unitOf(location)
  const version = await manager.version(options)
  // Compiling the writes finds what is wrong with the values before systemd is bothered.
  const { resources } = compileUpdate(old, patch, location)
  const set = async (target: LinuxResources, wait: WaitOptions): Promise<void> => {
    const properties = compileUnitProperties(target, { location, version, patch })
    if (properties.length === 0) return
    await asCgroupError(`set properties of the unit ${unit.name}`, manager.setUnitProperties(unit.name, properties, wait))
  }
  await set(resources, options)
  return async (wait = {}) => await set(old, wait)
}

/** Stops the container's unit, whose processes are dead already, and lets systemd forget a failure of it. A unit that is gone is fine. */
export async function stopUnit(manager: SystemdManager, location: CgroupLocation, options: WaitOptions = {}): Promise<void> {
  const unit = unitOf(location)
  await asCgroupError(`stop the unit ${unit.name}`, manager.stopUnit(unit.name, options))
  await asCgroupError(`reset the unit ${unit.name}`, manager.resetFailedUnit(unit.name, options))
}

/** Has systemd move processes into the container's cgroup: for an ordinary user whose login shell is outside of everything that was
 *  delegated, so that the kernel refuses the move to the user itself.
 *  @param subCgroup  below the unit's cgroup, or '' */
export async function attachToUnit(
  manager: SystemdManager,
  location: CgroupLocation,
  pids: readonly number[],
  options: WaitOptions & { subCgroup?: string } = {},
): Promise<void> {
  const unit = unitOf(location)
  const { subCgroup = '' } = options
  await asCgroupError(
    `move processes into the unit ${unit.name}`,
    manager.attachProcesses(unit.name, subCgroup && `/${subCgroup}`, pids, options),
  )
}

function unitOf(location: CgroupLocation): SystemdUnit {
  if (!location.unit) throw new TypeError('The location has no systemd unit')
  return location.unit
}

/** The plan enters cgroups by path: a unit that systemd has put elsewhere must not go unnoticed. */
async function checkPlace(manager: SystemdManager, options: UnitOptions, unit: SystemdUnit): Promise<void> {
  const path = await manager.controlGroup(unit.name, options)
  const hierarchy = options.location.hierarchies.find(({ version, controllers }) => version === 2 || controllers.includes('name=systemd'))
  const expected = hierarchy?.path.slice(hierarchy.root.length)
  if (expected === undefined || path === expected) return
  throw new TeuError('ERR_TEU_CGROUP', `Cannot use the unit ${unit.name}: systemd has put it at ${path}, expected was ${expected}`, {
    path,
  })
}

/** systemd's own words, in our class. */
async function asCgroupError<T>(what: string, promise: Promise<T>): Promise<T> {
  try {
    return await promise
  } catch (cause) {
    if (!(cause instanceof DBusError)) throw cause
    const refused = isUnitError(cause, 'UnitExists') ? 'a unit of this name runs already' : cause.message
    const denied =
      cause.errorName === 'org.freedesktop.DBus.Error.AccessDenied' || cause.errorName.endsWith('InteractiveAuthorizationRequired')
    throw new TeuError(denied ? 'ERR_TEU_ROOTLESS' : 'ERR_TEU_CGROUP', `Cannot ${what}: ${refused} (${cause.errorName})`, { cause })
  }
}
