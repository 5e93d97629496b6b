/** The root file system of a container that has a snapshot. */

import { TeuError } from '@teu/spec'
import type { TaskBasis } from '../container/task-basis.ts'
import type { ClientContext } from '../context.ts'
import type { Mount } from '../gen/containerd/types/types.gen.ts'

/** Asks the snapshotter for the mounts; none without a snapshot key, where `root.path` of the config counts.
 *  @throws {TeuError} ERR_TEU_INVALID_ARGUMENT for a key without a snapshotter */
export async function rootfsMounts(ctx: ClientContext, basis: TaskBasis, signal?: AbortSignal): Promise<Mount[]> {
  const { id: containerId, snapshotter, snapshotKey: key, mountLabel } = basis
  if (key === '') return []
  if (snapshotter === '') {
    throw new TeuError('ERR_TEU_INVALID_ARGUMENT', `Cannot start container "${containerId}": it has a snapshot key and no snapshotter`, {
      containerId,
    })
  }
  const { mounts } = await ctx.services.snapshots.mounts({ snapshotter, key }, { signal })
  if (mountLabel !== '') for (const mount of mounts) mount.options.push(`context="${mountLabel}"`)
  return mounts
}
