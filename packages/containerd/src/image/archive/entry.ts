/** What importers see of an archive, whatever it is: files with names, and their bytes. */

import { imageError } from '../document/image-error.ts'
import { MAX_DOCUMENT_BYTES } from '../document/limits.ts'

/** One file of an archive. */
export interface ArchiveFile {
  readonly kind: 'file'
  /** Relative, without `.` and `..`. */
  readonly path: string
  /** Bytes. */
  readonly size: number
  /** To be read to its end, once, before the next entry is asked for. */
  readonly body: AsyncIterable<Uint8Array>
}

/** A second name of a file in the same archive. */
export interface ArchiveLink {
  readonly kind: 'link'
  readonly path: string
  /** Relative to the archive. */
  readonly target: string
}

export type ArchiveEntry = ArchiveFile | ArchiveLink

/**
 * The path of an entry, or of what a link points to, from the top of the archive.
 * @param from  directory that a relative path starts from
 * @returns '' for the top itself
 * @throws {TeuError} ERR_TEU_IMAGE_INVALID for paths that are absolute, lead out, or are no text that a file system knows
 */
export function entryPath(name: string, from: string = ''): string {
  const parts: string[] = from === '' ? [] : from.split('/')
  if (name.startsWith('/') || name.includes('\0')) throw escaping(name)
  for (const part of name.split('/')) {
    if (part === '..') {
      if (parts.pop() === undefined) throw escaping(name)
    } else if (part !== '' && part !== '.') {
      parts.push(part)
    }
  }
  return parts.join('/')
}

/** The path of an entry itself: `..` has no business there.
 *  @throws {TeuError} ERR_TEU_IMAGE_INVALID */
export function ownPath(name: string): string {
  if (name.split('/').includes('..')) throw escaping(name)
  return entryPath(name)
}

/** All of a small file.
 *  @throws {TeuError} ERR_TEU_IMAGE_INVALID when it is not small */
export async function readDocument({ path, size, body }: ArchiveFile): Promise<Uint8Array> {
  if (size > MAX_DOCUMENT_BYTES) throw imageError(`${path}: expected at most ${MAX_DOCUMENT_BYTES} bytes of JSON, got ${size}`, { path })
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function escaping(name: string): Error {
  const shown = name.length > 200 ? `${name.slice(0, 200)}…` : name
  return imageError(`Cannot use the archive: ${JSON.stringify(shown)} leads out of it`, { path: shown })
}
