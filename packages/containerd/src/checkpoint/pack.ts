/** Directories as tar streams and back. Plain: relative names, files, directories and symbolic links. */

import { createWriteStream } from 'node:fs'
import { lstat, mkdir, open, readdir, readlink, symlink } from 'node:fs/promises'
import { dirname, join, normalize, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { isTeuError, TeuError } from '@teu/spec'
import type { Extract, Header, Pack } from 'tar-stream'

type EntryHeader = Partial<Header> & Pick<Header, 'name'>
/** The writing side of tar-stream's own kind of stream. */
interface Sink {
  write(chunk: Uint8Array): boolean
  end(last: undefined): unknown
  once(event: 'drain' | 'close', listener: () => void): unknown
  off(event: 'drain' | 'close', listener: () => void): unknown
}

/** The bytes of a tar of everything in a directory.
 *  @throws {TeuError} ERR_TEU_INVALID_ARGUMENT, with path and errno, for what cannot be read, and for files that change meanwhile */
export async function* packDirectory(dir: string): AsyncGenerator<Uint8Array> {
  const tar = await import('tar-stream')
  const pack = tar.pack()
  let failure: { readonly error: unknown } | undefined
  const adding = addTree(pack, dir, '').then(
    () => pack.finalize(),
    (error: unknown) => {
      failure = { error: unreadable(dir, error) }
      pack.destroy(failure.error as Error)
    },
  )
  try {
    for await (const chunk of pack) yield chunk as Uint8Array
  } catch (error) {
    await adding
    throw failure === undefined ? error : failure.error
  } finally {
    pack.destroy()
    await adding
  }
}

async function addTree(pack: Pack, dir: string, prefix: string): Promise<void> {
  for (const name of (await readdir(join(dir, prefix))).sort()) {
    const path = join(prefix, name)
    const info = await lstat(join(dir, path))
    const header = { name: path, mode: info.mode & 0o7777, uid: info.uid, gid: info.gid, mtime: info.mtime }
    if (info.isDirectory()) {
      await add(pack, { ...header, name: `${path}/`, type: 'directory' })
      await addTree(pack, dir, path)
    } else if (info.isSymbolicLink()) {
      await add(pack, { ...header, type: 'symlink', linkname: await readlink(join(dir, path)) })
    } else if (info.isFile()) {
      await add(pack, { ...header, type: 'file', size: info.size }, ofSize(join(dir, path), info.size))
    }
  }
}

/** The bytes of a file that must have as many as were promised: the header is written by then. */
async function* ofSize(path: string, size: number): AsyncGenerator<Uint8Array> {
  let bytes = 0
  const file = await open(path)
  try {
    for await (const chunk of file.createReadStream({ autoClose: false }) as AsyncIterable<Uint8Array>) {
      bytes += chunk.length
      if (bytes > size) break
      yield chunk
    }
  } finally {
    await file.close()
  }
  if (bytes === size) return
  throw new TeuError('ERR_TEU_INVALID_ARGUMENT', `Cannot read the checkpoint: ${path} changes while it is read`, {
    path,
    remedy: 'Use a checkpoint that is complete, and that nobody writes to',
  })
}

function unreadable(dir: string, cause: unknown): unknown {
  const { code: errno, syscall = 'reading', path = dir } = cause as NodeJS.ErrnoException
  if (isTeuError(cause) || errno === undefined) return cause
  const at = resolve(path)
  return new TeuError('ERR_TEU_INVALID_ARGUMENT', `Cannot read the checkpoint ${dir}: ${syscall} ${at} failed with ${errno}`, {
    path: at,
    errno,
    cause,
  })
}

/** Adds an entry, and resolves when it is written. */
async function add(pack: Pack, header: EntryHeader, content?: AsyncIterable<Uint8Array>): Promise<void> {
  let written: Promise<void> = Promise.resolve()
  const added = new Promise<void>((resolve, reject) => {
    const entry = pack.entry(header, (error) => (error === undefined || error === null ? resolve() : reject(error)))
    // The callback has it too; without a listener it would end the program.
    entry.on('error', reject)
    if (content !== undefined) written = writeAll(entry, content)
    else if (header.type === 'file') entry.end(undefined)
    written.catch(reject)
  })
  try {
    await added
  } finally {
    // The file is closed then.
    await written
  }
}

/** A sink that is closed meanwhile takes no more. */
async function writeAll(sink: Sink, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  let isClosed = false
  sink.once('close', () => {
    isClosed = true
  })
  for await (const chunk of chunks) {
    if (isClosed) return
    if (!sink.write(chunk)) await drainedOrClosed(sink)
  }
  if (!isClosed) sink.end(undefined)
}

function drainedOrClosed(sink: Sink): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      sink.off('drain', done)
      sink.off('close', done)
      resolve()
    }
    sink.once('drain', done)
    sink.once('close', done)
  })
}

/** Unpacks a tar into a directory, which is made when it is missing.
 *  @throws {TeuError} ERR_TEU_RUNTIME for names that lead out of it */
export async function unpackDirectory(bytes: AsyncIterable<Uint8Array>, dir: string): Promise<void> {
  const tar = await import('tar-stream')
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const extract = tar.extract()
  const filling = writeAll(extract, bytes).catch((error: unknown) => extract.destroy(error as Error))
  await unpackEntries(extract, dir)
  await filling
}

async function unpackEntries(extract: Extract, dir: string): Promise<void> {
  const links: { readonly path: string; readonly target: string }[] = []
  for await (const entry of extract) {
    const { name, type, linkname, mode } = entry.header
    const path = join(dir, insidePath(name))
    if (type === 'file') {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      await pipeline(entry as AsyncIterable<Uint8Array>, createWriteStream(path, { mode }))
      continue
    }
    if (type === 'directory') await mkdir(path, { recursive: true, mode })
    if (type === 'symlink') links.push({ path, target: linkname })
    entry.resume()
  }
  // Last, so that no file is written through one.
  for (const { path, target } of links) await symlink(target, path)
}

function insidePath(name: string): string {
  const path = normalize(name)
  if (!path.startsWith('/') && path.split('/')[0] !== '..') return path
  throw new TeuError('ERR_TEU_RUNTIME', `Cannot unpack the checkpoint: ${JSON.stringify(name)} leads out of the directory`)
}
