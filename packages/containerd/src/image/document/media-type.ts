/** Media types of OCI images, and docker's older names for the same things. @see image-spec media-types.md */

const OCI = 'application/vnd.oci.image.'
const DOCKER = 'application/vnd.docker.'

/** What we write. */
export const MEDIA_TYPE: Readonly<Record<'index' | 'manifest' | 'config' | 'layer' | 'gzipLayer' | 'zstdLayer', string>> = {
  index: `${OCI}index.v1+json`,
  manifest: `${OCI}manifest.v1+json`,
  config: `${OCI}config.v1+json`,
  layer: `${OCI}layer.v1.tar`,
  gzipLayer: `${OCI}layer.v1.tar+gzip`,
  zstdLayer: `${OCI}layer.v1.tar+zstd`,
}

const INDEXES: ReadonlySet<string> = new Set([MEDIA_TYPE.index, `${DOCKER}distribution.manifest.list.v2+json`])
const MANIFESTS: ReadonlySet<string> = new Set([MEDIA_TYPE.manifest, `${DOCKER}distribution.manifest.v2+json`])
const CONFIGS: ReadonlySet<string> = new Set([MEDIA_TYPE.config, `${DOCKER}container.image.v1+json`])
const LAYERS: ReadonlySet<string> = new Set([
  MEDIA_TYPE.layer,
  MEDIA_TYPE.gzipLayer,
  MEDIA_TYPE.zstdLayer,
  `${OCI}layer.nondistributable.v1.tar`,
  `${OCI}layer.nondistributable.v1.tar+gzip`,
  `${OCI}layer.nondistributable.v1.tar+zstd`,
  `${DOCKER}image.rootfs.diff.tar`,
  `${DOCKER}image.rootfs.diff.tar.gzip`,
  `${DOCKER}image.rootfs.diff.tar.zstd`,
  `${DOCKER}image.rootfs.foreign.diff.tar`,
  `${DOCKER}image.rootfs.foreign.diff.tar.gzip`,
])

/** A list of manifests. */
export const isIndexType = (mediaType: string): boolean => INDEXES.has(mediaType)
/** One image. */
export const isManifestType = (mediaType: string): boolean => MANIFESTS.has(mediaType)
/** How to run an image; a manifest with another config is an artifact and no image. */
export const isConfigType = (mediaType: string): boolean => CONFIGS.has(mediaType)
/** Files of an image. */
export const isLayerType = (mediaType: string): boolean => LAYERS.has(mediaType)
/** A layer that is stored as it is unpacked. */
export const isCompressed = (mediaType: string): boolean => /[+.](?:gzip|zstd)$/.test(mediaType)

/** The type of a layer by its first bytes, for archives that do not say. */
export function layerTypeOf(head: Uint8Array): string {
  if (head[0] === 0x1f && head[1] === 0x8b) return MEDIA_TYPE.gzipLayer
  if (head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd) return MEDIA_TYPE.zstdLayer
  return MEDIA_TYPE.layer
}
