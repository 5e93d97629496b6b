/** The door to systemd: containers whose cgroups teu makes itself load nothing of it. */

import { isTeuError, type Spec } from '@teu/spec'
import { applyUpdate } from '../cgroup/apply.ts'
import type { CgroupLocation } from '../cgroup/locate.ts'
import { removeCgroups } from '../cgroup/manage.ts'
import type { ResourcesPatch } from '../cgroup/resources/merge.ts'
import type { CgroupWrite } from '../cgroup/resources/write.ts'
import { withSuppressed } from '../cgroup/suppressed.ts'
import type { NewUnit } from '../systemd/container-unit.ts'

/** Where a container's cgroups are, and whose they are. */
export interface CgroupOwner {
  readonly cgroup: CgroupLocation
  /** Of an ordinary user: units belong to the user's own systemd. */
  readonly rootless: boolean
}

/** Finds the systemd that will own the container's unit. Nothing has changed yet.
 *  @throws {TeuError} ERR_TEU_UNSUPPORTED when there is none */
export async function prepareUnit({ cgroup, rootless }: CgroupOwner, spec: Spec, signal: AbortSignal | undefined): Promise<NewUnit> {
  const { NewUnit: unit } = await import('../systemd/container-unit.ts')
  return await unit.prepare({ location: cgroup, user: rootless, signal }, spec)
}

/** Writes changed limits, and tells systemd where it owns the cgroup. */
export async function changeLimits(
  { cgroup, rootless }: CgroupOwner,
  change: {
    readonly old: NonNullable<Spec['linux']>['resources']
    readonly patch: ResourcesPatch
    readonly writes: readonly CgroupWrite[]
  },
  signal: AbortSignal | undefined,
): Promise<void> {
  const { old = {}, patch, writes } = change
  if (cgroup.unit === undefined) return await applyUpdate(writes)
  const { updateUnitAndFiles } = await import('../systemd/container-unit.ts')
  await updateUnitAndFiles({ location: cgroup, user: rootless, old, patch, writes, signal })
}

/** Removes the cgroups of a container without processes, and with them its unit.
 *  @throws {TeuError} ERR_TEU_CGROUP when something stays */
export async function clearCgroups({ cgroup, rootless }: CgroupOwner): Promise<void> {
  if (cgroup.unit === undefined) return await removeCgroups(cgroup)
  const { endUnit } = await import('../systemd/container-unit.ts')
  let failure: Error | undefined
  await endUnit({ location: cgroup, user: rootless }).catch((error: unknown) => (failure = error as Error))
  try {
    await removeCgroups(cgroup)
  } catch (error) {
    throw withSuppressed(error as Error, failure ? [failure] : [])
  }
  // Where systemd is gone its units are; a session that has ended must not leave containers that nobody can remove.
  if (failure !== undefined && !isTeuError(failure, 'ERR_TEU_UNSUPPORTED')) throw failure
}
