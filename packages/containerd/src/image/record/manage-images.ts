/** Looking images up, and giving and taking their names. */

import type { Image } from '../../gen/containerd/services/images/v1/images.gen.ts'
import type { Services } from '../../rpc/services.ts'
import { normalizeReference } from '../document/reference.ts'
import { withLease } from '../lease.ts'
import { type ImageRecord, imageRecord, putImage } from './image-record.ts'

/** Options of calls that only wait for the daemon. */
export interface ImageCallOptions {
  readonly signal?: AbortSignal | undefined
}

/** All images of the namespace.
 *  @param filters  containerd's, for example `name~="busybox"`; a record passes when one of them fits
 *  @throws {TeuError} ERR_TEU_INVALID_ARGUMENT for filters that do not parse */
export async function listImages(
  services: Services,
  { filters = [], signal }: ImageCallOptions & { readonly filters?: readonly string[] } = {},
): Promise<ImageRecord[]> {
  const { images } = await services.images.list({ filters: [...filters] }, { signal })
  return images.map((image) => imageRecord(image))
}

/** One image by its name; short names are completed.
 *  @throws {TeuError} ERR_TEU_NOT_FOUND, ERR_TEU_USAGE for what is no name */
export async function getImage(services: Services, name: string, { signal }: ImageCallOptions = {}): Promise<ImageRecord> {
  const { image } = await services.images.get({ name: normalizeReference(name) }, { signal })
  return imageRecord(image as Image)
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
 *  @throws {TeuError} ERR_TEU_NOT_FOUND, ERR_TEU_USAGE for what is no name */
export async function deleteImage(services: Services, name: string, { sync = false, signal }: DeleteImageOptions = {}): Promise<void> {
  await services.images.delete({ name: normalizeReference(name), sync }, { signal })
}
