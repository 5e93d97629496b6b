/** Images of a containerd by name. */

import { type Images, platformText } from '@teu/containerd'
import { isTeuError, TeuError } from '@teu/spec'
import type { HostImage, ImageRecord } from './host.ts'

/** Reads the documents behind a name. What is not there, or not what it should be, is left out: a list has to show broken images too. */
export async function describeImage(images: Images, record: ImageRecord): Promise<HostImage> {
  try {
    const { manifestDescriptor, manifest, config } = await images.resolve(record.name)
    const sizeBytes = [manifestDescriptor, manifest.config, ...manifest.layers].reduce((sum, { size }) => sum + size, 0)
    return { record, platform: platformText(manifestDescriptor.platform ?? config.platform), sizeBytes }
  } catch (error) {
    if (isTeuError(error, 'ERR_TEU_NOT_FOUND') || isTeuError(error, 'ERR_TEU_IMAGE_INVALID')) return { record }
    throw error
  }
}

/** Does something with an image. When that fails because there is no such image, the failure says so, and what to do.
 *  @param what  is asked for, to complete "Cannot …" */
export async function withImage<T>(images: Images, namespace: string, name: string, what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!isTeuError(error, 'ERR_TEU_NOT_FOUND') || (await isThere(images, name))) throw error
    throw new TeuError('ERR_TEU_NOT_FOUND', `Cannot ${what} "${name}": there is no such image in namespace "${namespace}"`, {
      remedy: 'teu images list shows those that there are, teu images import brings others',
      cause: error,
    })
  }
}

async function isThere(images: Images, name: string): Promise<boolean> {
  try {
    await images.get(name)
    return true
  } catch (error) {
    return !isTeuError(error, 'ERR_TEU_NOT_FOUND')
  }
}
