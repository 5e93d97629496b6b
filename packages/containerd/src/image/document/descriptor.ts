/** Descriptors: how documents of an image point to blobs. @see image-spec descriptor.md */

import { isDigest } from './digest.ts'
import type { JsonReader } from './json-reader.ts'
import { type Platform, readPlatform } from './platform.ts'

/** A blob by digest, type and size. */
export interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  /** Bytes. */
  readonly size: number
  readonly annotations?: Readonly<Record<string, string>>
  /** Of an entry in an index: where this image runs. */
  readonly platform?: Platform
}

/** A descriptor in a document.
 *  @throws {TeuError} ERR_TEU_IMAGE_INVALID */
export function readDescriptor(reader: JsonReader): Descriptor {
  const digest = reader.member('digest')
  if (!isDigest(digest.text())) throw digest.wrong('a digest such as sha256:…')
  const annotations = reader.member('annotations')
  const platform = reader.member('platform')
  return {
    mediaType: reader.member('mediaType').text(),
    digest: digest.text(),
    size: reader.member('size').size(),
    ...(annotations.isGiven ? { annotations: annotations.textMap() } : {}),
    ...(platform.isGiven ? { platform: readPlatform(platform) } : {}),
  }
}

/** A descriptor as containerd's messages have it. */
export interface WireDescriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: bigint
  readonly annotations: { [key: string]: string }
}

export const toWire = ({ mediaType, digest, size, annotations }: Descriptor): WireDescriptor => ({
  mediaType,
  digest,
  size: BigInt(size),
  annotations: { ...annotations },
})

export const fromWire = ({ mediaType, digest, size, annotations }: WireDescriptor): Descriptor => ({
  mediaType,
  digest,
  size: Number(size),
  ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
})
