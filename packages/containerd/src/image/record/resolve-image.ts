/** From a name to the one image that suits a machine. */

import { TeuError } from '@teu/spec'
import type { Services } from '../../rpc/services.ts'
import { findDocumentBlob, readDocumentBlob } from '../content/read-blob.ts'
import { chainIds } from '../document/chain-id.ts'
import type { Descriptor } from '../document/descriptor.ts'
import { type ImageConfig, parseImageConfig } from '../document/image-config.ts'
import { imageError } from '../document/image-error.ts'
import { MAX_INDEX_DEPTH } from '../document/limits.ts'
import { type ImageManifest, parseIndex, parseManifest } from '../document/manifest.ts'
import { isConfigType, isIndexType, isLayerType, isManifestType } from '../document/media-type.ts'
import { hostPlatform, parsePlatform, type Platform, platformRank, platformText } from '../document/platform.ts'
import type { ImageRecord } from './image-record.ts'
import { getImage, type ImageCallOptions } from './manage-images.ts'

/** Options of {@link resolveImage}. */
export interface ResolveOptions extends ImageCallOptions {
  /** `linux/arm64`, or its parts. Default: the machine of this process, which usually is the daemon's. */
  readonly platform?: string | Platform | undefined
}

/** One image for one platform, with its documents. */
export interface ResolvedImage {
  readonly record: ImageRecord
  readonly manifestDescriptor: Descriptor
  readonly manifest: ImageManifest
  readonly config: ImageConfig
  /** Names of the snapshots of its layers, the lowest first. */
  readonly chainIds: readonly string[]
}

interface Candidate {
  readonly descriptor: Descriptor
  readonly manifest: ImageManifest
  readonly config: ImageConfig
  readonly rank: number
}

/**
 * Chooses from an index, and the indexes in it, the image that suits a platform best; of equals the first. What the daemon does not have is
 * passed over, as are manifests that are no images.
 * @throws {TeuError} ERR_TEU_NOT_FOUND when there is no such name, or nothing for the platform; ERR_TEU_IMAGE_INVALID
 */
export async function resolveImage(services: Services, name: string, options: ResolveOptions = {}): Promise<ResolvedImage> {
  const { signal } = options
  const wanted = typeof options.platform === 'string' ? parsePlatform(options.platform) : (options.platform ?? hostPlatform())
  const record = await getImage(services, name, { signal })
  let best: Candidate | undefined
  const offered = new Set<string>()
  for await (const manifest of manifestsOf(services, record.target, signal)) {
    const candidate = await examine(services, manifest, wanted, offered, signal)
    if (candidate !== undefined && (best === undefined || candidate.rank < best.rank)) best = candidate
  }
  if (best === undefined) throw unsuitable(record, wanted, offered)
  const { descriptor: manifestDescriptor, manifest, config } = best
  if (config.diffIds.length !== manifest.layers.length) {
    const count = `${config.diffIds.length} layers, as its config has them`
    throw imageError(`${manifestDescriptor.digest}: expected ${count}, got ${manifest.layers.length}`)
  }
  return { record, manifestDescriptor, manifest, config, chainIds: chainIds(config.diffIds) }
}

/** All manifests below a descriptor, in order. */
async function* manifestsOf(
  services: Services,
  target: Descriptor,
  signal: AbortSignal | undefined,
  depth: number = 0,
): AsyncGenerator<Descriptor> {
  if (isManifestType(target.mediaType)) yield target
  if (!isIndexType(target.mediaType)) return
  if (depth > MAX_INDEX_DEPTH) throw imageError(`${target.digest}: indexes are nested more than ${MAX_INDEX_DEPTH} deep`)
  const bytes = await findDocumentBlob(services, target, signal)
  if (bytes === undefined) return
  for (const entry of parseIndex(bytes, target.digest).manifests) yield* manifestsOf(services, entry, signal, depth + 1)
}

async function examine(
  services: Services,
  descriptor: Descriptor,
  wanted: Platform,
  offered: Set<string>,
  signal: AbortSignal | undefined,
): Promise<Candidate | undefined> {
  const { platform } = descriptor
  if (platform !== undefined) {
    offered.add(platformText(platform))
    if (platformRank(wanted, platform) === undefined) return undefined
  }
  const bytes = await findDocumentBlob(services, descriptor, signal)
  if (bytes === undefined) return undefined
  const manifest = parseManifest(bytes, descriptor.digest)
  if (!isConfigType(manifest.config.mediaType) || !manifest.layers.every(({ mediaType }) => isLayerType(mediaType))) return undefined
  const config = parseImageConfig(await readDocumentBlob(services, manifest.config, signal), manifest.config.digest)
  // The index is right where both speak: a config often has no variant.
  const rank = platformRank(wanted, platform ?? config.platform)
  if (platform === undefined) offered.add(platformText(config.platform))
  return rank === undefined ? undefined : { descriptor, manifest, config, rank }
}

function unsuitable({ name }: ImageRecord, wanted: Platform, offered: ReadonlySet<string>): Error {
  const choice = offered.size === 0 ? 'it has no images' : `it has ${[...offered].join(', ')}`
  return new TeuError('ERR_TEU_NOT_FOUND', `Cannot use image ${name}: nothing in it runs on ${platformText(wanted)}; ${choice}`, {
    remedy: 'Give another platform, or import the image for this one',
  })
}
