/** Images of `docker save` as images of OCI: config and layers stay as they are, and get a manifest. */

import type { Services } from '../../rpc/services.ts'
import { readDocumentBlob } from '../content/read-blob.ts'
import { writeBlob, type WrittenBlob } from '../content/write-blob.ts'
import type { Descriptor } from '../document/descriptor.ts'
import { parseImageConfig } from '../document/image-config.ts'
import { imageError } from '../document/image-error.ts'
import { layerTypeOf, MEDIA_TYPE } from '../document/media-type.ts'
import type { DockerImage } from './docker-manifest.ts'
import type { StoredArchive } from './store-entries.ts'

/** Writes the manifest of an image whose parts are stored.
 *  @throws {TeuError} ERR_TEU_IMAGE_INVALID when parts are missing, or layers are not those of the config */
export async function convertDockerImage(
  services: Services,
  archive: StoredArchive,
  { config: configPath, layers: layerPaths }: DockerImage,
  signal: AbortSignal | undefined,
): Promise<Descriptor> {
  const config = described(partAt(archive, configPath), MEDIA_TYPE.config)
  const layers = layerPaths.map((path) => partAt(archive, path)).map((blob) => described(blob, layerTypeOf(blob.head)))
  const { diffIds } = parseImageConfig(await readDocumentBlob(services, config, signal), configPath)
  if (diffIds.length !== layers.length) {
    throw imageError(`manifest.json: expected ${diffIds.length} layers, as ${configPath} has them, got ${layers.length}`)
  }
  // Compressed ones are compared when they are unpacked.
  const wrong = layers.findIndex(({ mediaType, digest }, n) => mediaType === MEDIA_TYPE.layer && digest !== diffIds[n])
  if (wrong !== -1) throw imageError(`${layerPaths[wrong]}: expected digest ${diffIds[wrong]}, got ${layers[wrong]?.digest}`)
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPE.manifest, config, layers }))
  return described(await writeBlob(services, once(bytes), { name: 'manifest', signal }), MEDIA_TYPE.manifest)
}

function partAt(archive: StoredArchive, path: string): WrittenBlob {
  const blob = archive.blobAt(path)
  if (blob === undefined) throw imageError(`manifest.json: the archive has no ${path}`, { path })
  return blob
}

const described = ({ digest, size }: WrittenBlob, mediaType: string): Descriptor => ({ mediaType, digest, size })

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
