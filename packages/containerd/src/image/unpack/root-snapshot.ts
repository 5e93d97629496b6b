/** Snapshots that containers write into, or read from. */

import { randomUUID } from 'node:crypto'
import type { Services } from '../../rpc/services.ts'
import { LABEL } from '../content/label-blob.ts'
import { withLease } from '../../lease.ts'
import { removeSnapshot } from './unpack-layer.ts'
import type { UnpackedImage } from './unpack-image.ts'

/** A mount as the task service takes it. */
export interface SnapshotMount {
  readonly type: string
  readonly source: string
  readonly target: string
  readonly options: readonly string[]
}

/** A container's root file system. */
export interface RootSnapshot {
  readonly snapshotter: string
  readonly key: string
  readonly mounts: readonly SnapshotMount[]
}

/** Options of {@link prepareRoot}. */
export interface PrepareRootOptions {
  /** Name of the snapshot, unique in the namespace; usually the container's id. */
  readonly key: string
  /** Nothing can be written. Default false. */
  readonly readonly?: boolean | undefined
  /** Keeps it until it is removed, container or not. Default false: a container's record or the caller's lease has to. */
  readonly pinned?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/** Prepares a snapshot on top of an image.
 *  @throws {TeuError} ERR_TEU_ALREADY_EXISTS for a key that is in use; ERR_TEU_NOT_FOUND when the image is not unpacked (any more) */
export async function prepareRoot(
  services: Services,
  { snapshotter, chainId }: Pick<UnpackedImage, 'snapshotter' | 'chainId'>,
  { key, readonly = false, pinned = false, signal }: PrepareRootOptions,
): Promise<RootSnapshot> {
  const labels: Record<string, string> = pinned ? { [LABEL.root]: new Date().toISOString() } : {}
  const request = { snapshotter, key, parent: chainId, labels }
  const { mounts } = await (readonly ? services.snapshots.view(request, { signal }) : services.snapshots.prepare(request, { signal }))
  return { snapshotter, key, mounts: mounts.map(({ type, source, target, options }) => ({ type, source, target, options })) }
}

/** Removes a container's snapshot; one that is not there counts as removed.
 *  @throws {TeuError} ERR_TEU_UNAVAILABLE, ERR_TEU_INVALID_STATE when others are based on it */
export async function removeRoot(services: Services, { snapshotter, key }: Pick<RootSnapshot, 'snapshotter' | 'key'>): Promise<void> {
  for (const error of await removeSnapshot(services, snapshotter, key)) throw error as Error
}

/** Does something with a read-only view of an image, which is removed afterwards. */
export function withView<T>(
  services: Services,
  image: Pick<UnpackedImage, 'snapshotter' | 'chainId'>,
  work: (view: RootSnapshot) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const key = `teu-view-${randomUUID()}`
  return withLease(services, 'view', async ({ services: held }) => {
    try {
      return await work(await prepareRoot(held, image, { key, readonly: true, signal }))
    } finally {
      await removeRoot(held, { snapshotter: image.snapshotter, key })
    }
  })
}
