/** Second half of an import: labels from each document to the blobs that it needs, and a check that they are there. */

import { isTeuError } from '@teu/spec'
import type { Services } from '../../rpc/services.ts'
import { indexLabels, labelBlob, manifestLabels } from '../content/label-blob.ts'
import { findDocumentBlob } from '../content/read-blob.ts'
import type { Descriptor } from '../document/descriptor.ts'
import { imageError } from '../document/image-error.ts'
import { MAX_INDEX_DEPTH } from '../document/limits.ts'
import { parseIndex, parseManifest } from '../document/manifest.ts'
import { isIndexType, isManifestType } from '../document/media-type.ts'

/**
 * Links everything below a descriptor. Of an index only the images that are there are linked: an archive often has one platform of many.
 * @returns whether at least one image is there
 * @throws {TeuError} ERR_TEU_IMAGE_INVALID for documents that do not parse, and for an image of which parts are missing
 */
export async function linkBlobs(
  services: Services,
  target: Descriptor,
  signal: AbortSignal | undefined,
  depth: number = 0,
): Promise<boolean> {
  const { mediaType, digest } = target
  if (!isIndexType(mediaType) && !isManifestType(mediaType)) {
    throw imageError(`${digest}: expected an index or a manifest, got ${JSON.stringify(mediaType)}`)
  }
  if (depth > MAX_INDEX_DEPTH) throw imageError(`${digest}: indexes are nested more than ${MAX_INDEX_DEPTH} deep`)
  const bytes = await findDocumentBlob(services, target, signal)
  if (bytes === undefined) return false
  if (isManifestType(mediaType)) {
    await linkManifest(services, digest, bytes, signal)
    return true
  }
  const { manifests } = parseIndex(bytes, digest)
  await labelBlob(services, digest, indexLabels(manifests), signal)
  let found = false
  for (const entry of manifests) if (await linkBlobs(services, entry, signal, depth + 1)) found = true
  return found
}

async function linkManifest(services: Services, digest: string, bytes: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
  const { config, layers } = parseManifest(bytes, digest)
  // First the labels: what was there before could otherwise be collected between the look and the label.
  await labelBlob(services, digest, manifestLabels(config, layers), signal)
  for (const part of [config, ...layers]) await checkThere(services, part, digest, signal)
}

async function checkThere(services: Services, part: Descriptor, manifest: string, signal: AbortSignal | undefined): Promise<void> {
  try {
    const { info } = await services.content.info({ digest: part.digest }, { signal })
    if (info?.size === BigInt(part.size)) return
    throw imageError(`${manifest}: expected ${part.size} bytes in ${part.digest}, got ${info?.size}`)
  } catch (error) {
    if (!isTeuError(error, 'ERR_TEU_NOT_FOUND')) throw error
    throw imageError(`${manifest}: the archive has no ${part.digest}`, { cause: error })
  }
}
