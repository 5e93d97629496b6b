/** Looking images up, and giving and taking their names. */

import { isTeuError } from '@teu/spec'
import type { Image } from '../../gen/containerd/services/images/v1/images.gen.ts'
import type { Services } from '../../rpc/services.ts'
import { normalizeReference } from '../document/reference.ts'
import { withLease } from '../../lease.ts'
import { type ImageRecord, imageRecord, putImage } from './image-record.ts'

/** Options of calls that only wait for the daemon. */
export interface ImageCallOptions {
  readonly signal?: AbortSignal | undefined
}

/** Options of {@link listImages}. */
export interface ListImagesOptions extends ImageCallOptions {
  /** containerd's, for example `name~=busybox`; a record passes when one of them fits. */
  readonly filters?: readonly string[] | undefined
}

/** All images of the namespace.
 *  @throws {TeuError} ERR_TEU_INVALID_ARGUMENT for filters that do not parse */
export async function listImages(services: Services, { filters = [], signal }: ListImagesOptions = {}): Promise<ImageRecord[]> {
  const { images } = await services.images.list({ filters: [...filters] }, { signal })
  return images.map((image) => imageRecord(image))
}

/** One image by its name: as it stands, else completed. containerd itself takes any name, and other clients do not complete theirs.
 *  @throws {TeuError} ERR_TEU_NOT_FOUND */
export async function getImage(services: Services, name: string, { signal }: ImageCallOptions = {}): Promise<ImageRecord> {
  const { image } = await withFoundName(name, (found) => services.images.get({ name: found }, { signal }))
  return imageRecord(image as Image)
}

/** Does something by the name as it stands, and where there is none, by the completed one. */
async function withFoundName<T>(name: string, call: (found: string) => Promise<T>): Promise<T> {
  try {
    return await call(name)
  } catch (error) {
    const full = isTeuError(error, 'ERR_TEU_NOT_FOUND') ? completed(name) : undefined
    if (full === undefined || full === name) throw error
    return call(full)
  }
}

function completed(name: string): string | undefined {
  try {
    return normalizeReference(name)
  } catch {
    return undefined
  }
}

/** Gives an image another name as well; a name that is taken moves.
 *  @throws {TeuError} ERR_TEU_NOT_FOUND, ERR_TEU_USAGE for what is no name */
export async function tagImage(services: Services, name: string, newName: string, { signal }: ImageCallOptions = {}): Promise<ImageRecord> {
  const full = normalizeReference(newName)
  return withLease(services, 'tag', async ({ services: held, hold }) => {
    const { target } = await getImage(held, name, { signal })
    // The old name may be deleted while the new one is not there yet.
    await hold('content', target.digest, signal)
    return (await putImage(held, full, target)).record
  })
}

/** Options of {@link deleteImage}. */
export interface DeleteImageOptions extends ImageCallOptions {
  /** Wait until garbage collection has removed what only this name held: blobs, and snapshots that no container uses. Default false. */
  readonly sync?: boolean | undefined
}

/** Takes a name away. Containers of the image go on.
 *  @throws {TeuError} ERR_TEU_NOT_FOUND */
export async function deleteImage(services: Services, name: string, { sync = false, signal }: DeleteImageOptions = {}): Promise<void> {
  await withFoundName(name, (found) => services.images.delete({ name: found, sync }, { signal }))
}
