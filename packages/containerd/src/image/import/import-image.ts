/** Images from archives and layouts into a daemon. */

import { checkOptions, OPTION, type OptionRules } from '@teu/spec'
import { withSuppressed } from '../../error/suppressed.ts'
import type { Services } from '../../rpc/services.ts'
import { type ImageSource, openArchive } from '../archive/open-archive.ts'
import { imageError } from '../document/image-error.ts'
import { parseIndex } from '../document/manifest.ts'
import { withLease } from '../../lease.ts'
import { type ImageRecord, type PutImage, putImage } from '../record/image-record.ts'
import { convertDockerImage } from './convert-docker.ts'
import { parseDockerManifest } from './docker-manifest.ts'
import { annotatedNames, type FoundImage, nameImages, type NamedImage } from './image-names.ts'
import { linkBlobs } from './link-blobs.ts'
import { type BlobProgress, type StoredArchive, storeEntries } from './store-entries.ts'

/** Options of {@link importImage}. */
export interface ImportOptions {
  /** What the image is to be called. Default: what the archive calls it. Without a tag it takes the archive's tags. */
  readonly name?: string | undefined
  /** Told of each blob, some times while it is written and once at its end. */
  readonly onProgress?: ((progress: BlobProgress) => void) | undefined
  /** Ends the import; it then leaves nothing and rejects with the reason. */
  readonly signal?: AbortSignal | undefined
}

const RULES: OptionRules = { name: OPTION.text, onProgress: OPTION.callback, signal: OPTION.abortSignal }

/**
 * Imports all images of an archive. Blobs are verified while they stream through; what the daemon has already is not sent again. A name that
 * is taken moves to the new image. After a failure there is no record, no unfinished write, and no blob of it.
 * @returns the records, in the archive's order
 * @throws {TeuError} ERR_TEU_IMAGE_INVALID, ERR_TEU_USAGE when a name is missing, ERR_TEU_NOT_FOUND for a missing file
 */
export async function importImage(services: Services, source: ImageSource, options: ImportOptions = {}): Promise<ImageRecord[]> {
  const { name, onProgress = () => {}, signal } = options
  checkOptions('importImage', options, RULES)
  signal?.throwIfAborted()
  const entries = await openArchive(source, signal)
  return withLease(services, 'import', async ({ services: held }) => {
    const archive = await storeEntries(held, entries, onProgress, signal)
    const images = nameImages(await findImages(held, archive, signal), name)
    for (const { target } of images) await linkImage(held, target, signal)
    return putImages(held, images, signal)
  })
}

async function findImages(services: Services, archive: StoredArchive, signal: AbortSignal | undefined): Promise<FoundImage[]> {
  const { index, dockerManifest } = archive
  if (index !== undefined) {
    const { manifests } = parseIndex(index, 'index.json')
    if (manifests.length === 0) throw imageError('Cannot use the archive: its index.json has no images')
    return manifests.map((entry) => ({ target: entry, names: annotatedNames(entry) }))
  }
  if (dockerManifest === undefined) {
    throw imageError('Cannot use the archive: it has neither oci-layout with index.json, nor manifest.json', {
      remedy: 'Give an archive of an OCI image layout, or of docker save',
    })
  }
  const images: FoundImage[] = []
  for (const image of parseDockerManifest(dockerManifest)) {
    images.push({ target: await convertDockerImage(services, archive, image, signal), names: image.repoTags })
  }
  if (images.length === 0) throw imageError('Cannot use the archive: its manifest.json has no images')
  return images
}

async function linkImage(services: Services, target: NamedImage['target'], signal: AbortSignal | undefined): Promise<void> {
  if (await linkBlobs(services, target, signal)) return
  throw imageError(`${target.digest}: the archive has no image of this name`)
}

async function putImages(services: Services, images: readonly NamedImage[], signal: AbortSignal | undefined): Promise<ImageRecord[]> {
  const put: PutImage[] = []
  try {
    for (const { name, target } of images) put.push(await putImage(services, name, target))
    // Whoever cancels at the last moment gets nothing, too.
    signal?.throwIfAborted()
  } catch (error) {
    const suppressed: unknown[] = []
    for (const { undo } of put.toReversed()) await undo().catch((failure: unknown) => suppressed.push(failure))
    throw withSuppressed(error, suppressed)
  }
  return put.map(({ record }) => record)
}
