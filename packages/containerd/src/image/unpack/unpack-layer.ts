/** One layer on top of those below it, as a committed snapshot. */

import { randomUUID } from 'node:crypto'
import { isTeuError } from '@teu/spec'
import { withSuppressed } from '../../error/suppressed.ts'
import { whileAnswering } from '../../rpc/answering.ts'
import type { Services } from '../../rpc/services.ts'
import { LABEL, labelBlob } from '../content/label-blob.ts'
import { type Descriptor, fromWire, toWire } from '../document/descriptor.ts'
import { imageError } from '../document/image-error.ts'
import { isCompressed } from '../document/media-type.ts'
import type { Lease } from '../../lease.ts'

/** A layer and its place. */
export interface LayerPlace {
  readonly snapshotter: string
  readonly layer: Descriptor
  /** Digest of the layer as it is unpacked. */
  readonly diffId: string
  /** Name of the snapshot that is to be. */
  readonly chainId: string
  /** Name of the snapshot below; empty for the lowest. */
  readonly parent: string
}

/**
 * Unpacks a layer unless its snapshot is there. Others may unpack the same at the same time: whoever is late throws its own work away.
 * @returns false when the snapshot was there already
 * @throws {TeuError} ERR_TEU_IMAGE_INVALID when the layer does not contain what the config promises
 */
export async function unpackLayer(lease: Lease, place: LayerPlace, signal: AbortSignal | undefined): Promise<boolean> {
  const { snapshotter, layer, diffId, chainId, parent } = place
  const { services } = lease
  // Held before it is looked for, so that it cannot be collected once it has been found.
  await lease.hold(`snapshots/${snapshotter}`, chainId, signal)
  if (await hasSnapshot(services, snapshotter, chainId, signal)) return false
  const key = `teu-extract-${randomUUID()} ${chainId}`
  try {
    const { mounts } = await services.snapshots.prepare({ snapshotter, key, parent }, { signal })
    // A large layer takes its time.
    const { applied } = await whileAnswering(services, signal, (whole) =>
      services.diff.apply({ diff: toWire(layer), mounts }, { signal: whole, timeoutMs: 0 }),
    )
    const got = applied === undefined ? '' : fromWire(applied).digest
    if (got !== diffId) throw imageError(`${layer.digest}: expected ${diffId} when unpacked, as the config has it, got ${got}`)
    await services.snapshots.commit({ snapshotter, key, name: chainId }, { signal })
  } catch (error) {
    const failures = await removeSnapshot(services, snapshotter, key)
    // Also what snapshotters say that fetch layers themselves, when they have done so.
    const isThere = isTeuError(error, 'ERR_TEU_ALREADY_EXISTS') && (await hasSnapshot(services, snapshotter, chainId, signal))
    if (!isThere) throw withSuppressed(error, failures)
  }
  // Spares others the look inside.
  if (isCompressed(layer.mediaType)) await labelBlob(services, layer.digest, { [LABEL.uncompressed]: diffId }, signal)
  return true
}

/** True when there is a committed snapshot of this name. */
export async function hasSnapshot(services: Services, snapshotter: string, key: string, signal?: AbortSignal): Promise<boolean> {
  try {
    await services.snapshots.stat({ snapshotter, key }, { signal })
    return true
  } catch (error) {
    if (isTeuError(error, 'ERR_TEU_NOT_FOUND')) return false
    throw error
  }
}

/** Removes a snapshot; one that is not there counts as removed. Not to be cancelled.
 *  @returns why it could not be removed; empty when it is gone */
export async function removeSnapshot(services: Services, snapshotter: string, key: string): Promise<unknown[]> {
  try {
    await services.snapshots.remove({ snapshotter, key }, { timeoutMs: services.cleanupTimeoutMs })
    return []
  } catch (error) {
    return isTeuError(error, 'ERR_TEU_NOT_FOUND') ? [] : [error]
  }
}
