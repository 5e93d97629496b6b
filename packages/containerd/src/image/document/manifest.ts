/** Indexes and manifests. @see image-spec image-index.md, manifest.md */

import { type Descriptor, readDescriptor } from './descriptor.ts'
import { readJson } from './json-reader.ts'
import { MAX_INDEX_ENTRIES, MAX_LAYERS } from './limits.ts'

/** A list of images, or of further lists. */
export interface ImageIndex {
  readonly manifests: readonly Descriptor[]
}

/** One image: config and layers, the lowest first. */
export interface ImageManifest {
  readonly config: Descriptor
  readonly layers: readonly Descriptor[]
}

/** Parses an index; one without entries is fine.
 *  @throws {TeuError} ERR_TEU_IMAGE_INVALID */
export function parseIndex(bytes: Uint8Array, document: string): ImageIndex {
  const reader = readJson(bytes, document)
  const manifests = reader.member('manifests')
  // Read by one program as this and by another as that: a document must be one thing (CVE-2021-41190).
  if (reader.member('layers').isGiven || reader.member('config').isGiven) throw reader.wrong('an index', 'what is a manifest as well')
  return { manifests: manifests.isGiven ? manifests.list(MAX_INDEX_ENTRIES).map((entry) => readDescriptor(entry)) : [] }
}

/** Parses a manifest.
 *  @throws {TeuError} ERR_TEU_IMAGE_INVALID */
export function parseManifest(bytes: Uint8Array, document: string): ImageManifest {
  const reader = readJson(bytes, document)
  if (reader.member('manifests').isGiven) throw reader.wrong('a manifest', 'what is an index as well')
  const layers = reader.member('layers')
  return {
    config: readDescriptor(reader.member('config')),
    layers: layers.isGiven ? layers.list(MAX_LAYERS).map((entry) => readDescriptor(entry)) : [],
  }
}
