/** What is known of an image beside its name. */

import { type Images, isContainerdError, platformText } from '@teu/containerd'
import type { HostImage, ImageRecord } from './host.ts'

/** Reads the documents behind a name. What is not there, or not what it should be, is left out: a list has to show broken images too. */
export async function describeImage(images: Images, record: ImageRecord): Promise<HostImage> {
  try {
    const { manifestDescriptor, manifest, config } = await images.resolve(record.name)
    const sizeBytes = [manifestDescriptor, manifest.config, ...manifest.layers].reduce((sum, { size }) => sum + size, 0)
    return { record, platform: platformText(manifestDescriptor.platform ?? config.platform), sizeBytes }
  } catch (error) {
    if (isContainerdError(error, 'ERR_TEU_NOT_FOUND') || isContainerdError(error, 'ERR_TEU_IMAGE_INVALID')) return { record }
    throw error
  }
}
