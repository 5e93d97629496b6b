/** Image records: names for what is in the content store. */

import { isTeuError } from '@teu/spec'
import type { Image } from '../../gen/containerd/services/images/v1/images.gen.ts'
import type { Services } from '../../rpc/services.ts'
import { readTime } from '../../time.ts'
import { type Descriptor, fromWire, toWire } from '../document/descriptor.ts'

/** A name of an image. */
export interface ImageRecord {
  readonly name: string
  /** An index or a manifest. */
  readonly target: Descriptor
  readonly labels: Readonly<Record<string, string>>
  readonly createdAt?: Date
  readonly updatedAt?: Date
}

/** A record from the wire. */
export function imageRecord({ name, target, labels, createdAt, updatedAt }: Image): ImageRecord {
  const created = readTime(createdAt)
  const updated = readTime(updatedAt)
  return {
    name,
    target: target === undefined ? { mediaType: '', digest: '', size: 0 } : fromWire(target),
    labels,
    ...(created === undefined ? {} : { createdAt: created }),
    ...(updated === undefined ? {} : { updatedAt: updated }),
  }
}

/** A record that was written, and how to take that back. */
export interface PutImage {
  readonly record: ImageRecord
  undo(): Promise<void>
}

/** Gives a name to an image; a name that is taken moves to this image and keeps its labels. Short, and not to be cancelled: what a cancelled
 *  call has done nobody knows. */
export async function putImage(services: Services, name: string, target: Descriptor): Promise<PutImage> {
  const image = { name, target: toWire(target) }
  for (;;) {
    try {
      const { image: made } = await services.images.create({ image })
      return { record: imageRecord(made as Image), undo: () => ignoreMissing(services.images.delete({ name })) }
    } catch (error) {
      if (!isTeuError(error, 'ERR_TEU_ALREADY_EXISTS')) throw error
    }
    try {
      const { image: before } = await services.images.get({ name })
      const { image: made } = await services.images.update({ image, updateMask: { paths: ['target'] } })
      const back = { name, ...(before?.target === undefined ? {} : { target: before.target }) }
      const undo = (): Promise<void> => ignoreMissing(services.images.update({ image: back, updateMask: { paths: ['target'] } }))
      return { record: imageRecord(made as Image), undo }
    } catch (error) {
      // Deleted in between: it can be made after all.
      if (!isTeuError(error, 'ERR_TEU_NOT_FOUND')) throw error
    }
  }
}

async function ignoreMissing(call: Promise<unknown>): Promise<void> {
  try {
    await call
  } catch (error) {
    if (!isTeuError(error, 'ERR_TEU_NOT_FOUND')) throw error
  }
}
