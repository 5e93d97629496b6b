/** First half of an import: all blobs of an archive into the content store, in the order in which they come. */

import { posix } from 'node:path'
import type { Services } from '../../rpc/services.ts'
import { type ArchiveEntry, type ArchiveFile, readDocument } from '../archive/entry.ts'
import { writeBlob, type WrittenBlob } from '../content/write-blob.ts'
import { imageError } from '../document/image-error.ts'
import { readJson } from '../document/json-reader.ts'

/** What is known of a blob on its way. */
export interface BlobProgress {
  /** Where the archive has it. */
  readonly path: string
  /** Absent until the end for blobs whose names do not tell. */
  readonly digest?: string
  readonly doneBytes: number
  readonly totalBytes: number
  /** `exists`: the store had it before. */
  readonly status: 'writing' | 'written' | 'exists'
}

/** What was in an archive. */
export interface StoredArchive {
  /** Tables of contents, where there are such. */
  readonly index?: Uint8Array
  readonly dockerManifest?: Uint8Array
  /** The blob of a path, through links; undefined when the archive has no such file. */
  blobAt(path: string): WrittenBlob | undefined
}

const BLOB = /^blobs\/sha256\/([0-9a-f]{64})$/
/** Layers and configs of `docker save`. */
const DOCKER_BLOB = /\.(?:tar|json)$/
const MAX_LINKS = 40

/** Stores the blobs of an archive. Runs under the caller's lease.
 *  @throws {TeuError} ERR_TEU_IMAGE_INVALID for blobs that are not what their names promise, and for layouts of unknown versions */
export async function storeEntries(
  services: Services,
  entries: AsyncIterable<ArchiveEntry>,
  onProgress: (progress: BlobProgress) => void,
  signal: AbortSignal | undefined,
): Promise<StoredArchive> {
  const blobs = new Map<string, WrittenBlob>()
  const links = new Map<string, string>()
  let index: Uint8Array | undefined
  let dockerManifest: Uint8Array | undefined
  let isLayout = false
  for await (const entry of entries) {
    const { path } = entry
    if (entry.kind === 'link') {
      links.set(path, entry.target)
    } else if (path === 'oci-layout') {
      checkLayoutVersion(await readDocument(entry))
      isLayout = true
    } else if (path === 'index.json') {
      index = await readDocument(entry)
    } else if (path === 'manifest.json') {
      dockerManifest = await readDocument(entry)
    } else {
      const hex = BLOB.exec(path)?.[1]
      if (hex === undefined && !DOCKER_BLOB.test(path)) continue
      blobs.set(path, await storeBlob(services, entry, hex === undefined ? undefined : `sha256:${hex}`, onProgress, signal))
    }
  }
  return {
    ...(index === undefined || !isLayout ? {} : { index }),
    ...(dockerManifest === undefined ? {} : { dockerManifest }),
    blobAt: (path) => blobs.get(followed(path, links)),
  }
}

async function storeBlob(
  services: Services,
  { path, size, body }: ArchiveFile,
  digest: string | undefined,
  onProgress: (progress: BlobProgress) => void,
  signal: AbortSignal | undefined,
): Promise<WrittenBlob> {
  const tell = (status: BlobProgress['status'], doneBytes: number, known: string | undefined): void =>
    onProgress({ path, ...(known === undefined ? {} : { digest: known }), doneBytes, totalBytes: size, status })
  const blob = await writeBlob(services, body, {
    name: path,
    size,
    ...(digest === undefined ? {} : { digest }),
    onBytes: (bytes) => tell('writing', bytes, digest),
    signal,
  })
  tell(blob.existed ? 'exists' : 'written', blob.size, blob.digest)
  return blob
}

function checkLayoutVersion(bytes: Uint8Array): void {
  const version = readJson(bytes, 'oci-layout').member('imageLayoutVersion')
  if (!version.text().startsWith('1.')) throw version.wrong('version 1 of the layout')
}

/** Where a path leads; the archive's links may point to links. */
function followed(path: string, links: ReadonlyMap<string, string>): string {
  let at = posix.normalize(path)
  for (let n = 0; ; n += 1) {
    const target = links.get(at)
    if (target === undefined) return at
    if (n === MAX_LINKS) throw imageError(`Cannot use the archive: links from ${path} go round in circles`, { path })
    at = target
  }
}
