/** All layers of an image as snapshots. */

import type { Services } from '../../rpc/services.ts'
import { LABEL, labelBlob } from '../content/label-blob.ts'
import { withLease } from '../../lease.ts'
import { type ResolvedImage, resolveImage, type ResolveOptions } from '../record/resolve-image.ts'
import { chooseSnapshotter } from './snapshotter.ts'
import { unpackLayer } from './unpack-layer.ts'

/** Told after each layer. */
export interface UnpackProgress {
  readonly digest: string
  readonly chainId: string
  readonly doneLayers: number
  readonly totalLayers: number
  /** `exists`: its snapshot was there before. */
  readonly status: 'unpacked' | 'exists'
}

/** Options of {@link unpackImage}. */
export interface UnpackOptions extends ResolveOptions {
  /** Default `overlayfs`, or `native` where the daemon cannot use that. */
  readonly snapshotter?: string | undefined
  readonly onProgress?: ((progress: UnpackProgress) => void) | undefined
}

/** An image that containers can be made of. */
export interface UnpackedImage extends ResolvedImage {
  readonly snapshotter: string
  /** The snapshot with all layers; empty for an image without layers. */
  readonly chainId: string
}

/**
 * Has the daemon unpack the layers of an image that are not unpacked yet. The snapshots stay as long as the image.
 * @throws {TeuError} ERR_TEU_NOT_FOUND, ERR_TEU_IMAGE_INVALID for a layer that is not what the config promises,
 *  ERR_TEU_UNSUPPORTED for an unknown snapshotter
 */
export async function unpackImage(services: Services, name: string, options: UnpackOptions = {}): Promise<UnpackedImage> {
  const { onProgress = () => {}, signal } = options
  const snapshotter = await chooseSnapshotter(services, options.snapshotter, signal)
  return withLease(services, 'unpack', async (lease) => {
    const image = await resolveImage(lease.services, name, options)
    const { manifest, manifestDescriptor, config, chainIds } = image
    // The name may be deleted in the meantime; the blobs stay until the end of the lease.
    await lease.hold('content', manifestDescriptor.digest, signal)
    const totalLayers = manifest.layers.length
    for (const [n, layer] of manifest.layers.entries()) {
      const [diffId = '', chainId = '', parent = ''] = [config.diffIds[n], chainIds[n], chainIds[n - 1]]
      const isNew = await unpackLayer(lease, { snapshotter, layer, diffId, chainId, parent }, signal)
      onProgress({ digest: layer.digest, chainId, doneLayers: n + 1, totalLayers, status: isNew ? 'unpacked' : 'exists' })
    }
    const chainId = chainIds.at(-1) ?? ''
    signal?.throwIfAborted()
    // Short, and not to be cancelled: it makes the snapshots the image's, and nobody knows what a cancelled call has done.
    if (chainId !== '') await labelBlob(lease.services, manifest.config.digest, { [`${LABEL.snapshot}.${snapshotter}`]: chainId })
    return { ...image, snapshotter, chainId }
  })
}
