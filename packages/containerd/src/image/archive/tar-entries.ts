/** A tar stream as entries. Nothing is written to a file system here, so only names matter. */

import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { imageError } from '../document/image-error.ts'
import { MAX_ARCHIVE_ENTRIES } from '../document/limits.ts'
import { type ArchiveEntry, entryPath, ownPath } from './entry.ts'

/**
 * Reads a tar stream, plain or compressed with gzip.
 * @param source  bytes; given back (destroyed, or its iterator closed) however this ends
 * @throws {TeuError} ERR_TEU_IMAGE_INVALID for a stream that is no tar, is cut short, or has entries that no image archive has
 */
export async function* tarEntries(source: AsyncIterable<Uint8Array>, signal?: AbortSignal): AsyncGenerator<ArchiveEntry, void, undefined> {
  signal?.throwIfAborted()
  const { extract } = await import('tar-stream')
  const entries = extract()
  const input = Readable.from(plain(source), { objectMode: false })
  const stop = (reason: unknown): void => {
    entries.destroy(reason instanceof Error ? reason : new Error(String(reason)))
  }
  const abort = (): void => stop(signal?.reason)
  const translate = (error: unknown): unknown => {
    if (signal?.aborted === true) return signal.reason
    return isOfTar(error) ? imageError(`Cannot read the archive: ${(error as Error).message}`, { cause: error }) : error
  }
  signal?.addEventListener('abort', abort, { once: true })
  // A pipe carries no errors.
  input.on('error', stop)
  input.pipe(entries)
  const seen = new Set<string>()
  let count = 0
  try {
    for await (const entry of entries) {
      const { name, type, size, linkname } = entry.header
      count += 1
      if (count > MAX_ARCHIVE_ENTRIES) throw imageError(`Cannot use the archive: it has more than ${MAX_ARCHIVE_ENTRIES} entries`)
      const path = ownPath(name)
      // PAX headers can say anything.
      if (!Number.isSafeInteger(size)) throw imageError(`Cannot use the archive: the size of ${path} is no number of bytes`, { path })
      if (type !== 'directory') {
        if (seen.has(path)) throw imageError(`Cannot use the archive: ${path} is there twice`, { path })
        seen.add(path)
      }
      if (type === 'file' || type === 'contiguous-file') {
        yield { kind: 'file', path, size, body: translated(entry as AsyncIterable<Uint8Array>, translate) }
      } else if (type === 'symlink') {
        yield { kind: 'link', path, target: entryPath(linkname ?? '', path.split('/').slice(0, -1).join('/')) }
      } else if (type === 'link') {
        yield { kind: 'link', path, target: ownPath(linkname ?? '') }
      } else if (type !== 'directory') {
        throw imageError(`Cannot use the archive: ${path} is a ${type ?? 'file of unknown kind'}`, { path })
      }
      // What nobody wanted to read.
      entry.resume()
    }
    if (count === 0) throw imageError('Cannot use the archive: it is empty')
  } catch (error) {
    throw translate(error)
  } finally {
    signal?.removeEventListener('abort', abort)
    input.unpipe(entries)
    input.destroy()
    entries.destroy()
    // The iterators in between cannot close it while they wait for it.
    if (source instanceof Readable) source.destroy()
  }
}

/** A failing archive shows itself in the entry that is being read. */
async function* translated(body: AsyncIterable<Uint8Array>, translate: (error: unknown) => unknown): AsyncGenerator<Uint8Array> {
  try {
    yield* body
  } catch (error) {
    throw translate(error)
  }
}

/** Sentences of tar-stream and zlib, which have no codes for most of them. */
function isOfTar(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = (error as NodeJS.ErrnoException).code
  return code === undefined ? error.constructor === Error : code.startsWith('Z_')
}

/** Takes gzip off, when there is any. */
async function* plain(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]()
  try {
    const first = await iterator.next()
    if (first.done === true) return
    const all = prepended(first.value, iterator)
    const isGzip = first.value[0] === 0x1f && first.value[1] === 0x8b
    yield* isGzip ? gunzipped(all) : all
  } finally {
    await iterator.return?.()
  }
}

/** A failure of the source, too, comes out of the result. */
function gunzipped(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  return pipeline(Readable.from(source, { objectMode: false }), createGunzip(), () => {}) as AsyncIterable<Uint8Array>
}

async function* prepended(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first
  for (;;) {
    const next = await rest.next()
    if (next.done === true) return
    yield next.value
  }
}
