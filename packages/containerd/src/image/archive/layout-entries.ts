/** An OCI image layout in a directory as entries: what its index leads to, and nothing else. @see image-spec image-layout.md */

import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import type { Descriptor } from '../document/descriptor.ts'
import { digestHex } from '../document/digest.ts'
import { imageError } from '../document/image-error.ts'
import { isIndexType, isManifestType } from '../document/media-type.ts'
import { parseIndex, parseManifest } from '../document/manifest.ts'
import { type ArchiveEntry, type ArchiveFile, readDocument } from './entry.ts'

/** Reads a layout: `oci-layout`, `index.json`, then each blob once. A blob that is not there is left out; the importer knows which ones
 *  it needs.
 *  @throws {TeuError} ERR_TEU_IMAGE_INVALID for documents that do not parse, and for blobs that are no regular files */
export async function* layoutEntries(directory: string, signal?: AbortSignal): AsyncGenerator<ArchiveEntry, void, undefined> {
  yield* fileEntry(directory, 'oci-layout', signal)
  const index = await document(directory, 'index.json', signal)
  if (index === undefined) throw imageError(`Cannot use the layout ${directory}: there is no index.json`, { path: directory })
  yield again('index.json', index)
  const seen = new Set<string>()
  const waiting: Descriptor[] = [...parseIndex(index, 'index.json').manifests]
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    if (seen.has(next.digest)) continue
    seen.add(next.digest)
    const path = blobPath(next.digest)
    if (!isIndexType(next.mediaType) && !isManifestType(next.mediaType)) {
      yield* fileEntry(directory, path, signal)
      continue
    }
    const bytes = await document(directory, path, signal)
    if (bytes === undefined) continue
    waiting.push(...children(next, bytes))
    yield again(path, bytes)
  }
}

/** Where a layout has a blob. */
export const blobPath = (digest: string): string => `blobs/sha256/${digestHex(digest)}`

function children({ mediaType, digest }: Descriptor, bytes: Uint8Array): readonly Descriptor[] {
  if (isIndexType(mediaType)) return parseIndex(bytes, digest).manifests
  const { config, layers } = parseManifest(bytes, digest)
  return [config, ...layers]
}

async function document(directory: string, path: string, signal: AbortSignal | undefined): Promise<Uint8Array | undefined> {
  // Awaited here: leaving the loop closes the file.
  for await (const entry of fileEntry(directory, path, signal)) return await readDocument(entry)
  return undefined
}

const again = (path: string, bytes: Uint8Array): ArchiveFile => ({ kind: 'file', path, size: bytes.length, body: once(bytes) })

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** One entry, or none when there is no such file. */
async function* fileEntry(directory: string, path: string, signal: AbortSignal | undefined): AsyncGenerator<ArchiveFile> {
  signal?.throwIfAborted()
  const file = await openRegular(join(directory, path), path)
  if (file === undefined) return
  try {
    const { size } = await file.stat()
    yield { kind: 'file', path, size, body: file.createReadStream({ autoClose: false, highWaterMark: 256 * 1024, signal }) }
  } finally {
    await file.close()
  }
}

async function openRegular(hostPath: string, path: string): Promise<FileHandle | undefined> {
  let file: FileHandle
  try {
    // Neither a link that leads elsewhere nor a FIFO that would wait for a writer.
    file = await open(hostPath, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    if (code === 'ELOOP') throw imageError(`Cannot use the layout: ${path} is a symbolic link`, { path: hostPath, errno: code, cause })
    throw cause
  }
  if ((await file.stat()).isFile()) return file
  await file.close()
  throw imageError(`Cannot use the layout: ${path} is no regular file`, { path: hostPath })
}
