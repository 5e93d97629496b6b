/** Directories as tar streams and back. Plain: relative names, files, directories and symbolic links. */

import { createReadStream, createWriteStream } from 'node:fs'
import { lstat, mkdir, readdir, readlink, symlink } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { TeuError } from '@teu/spec'
import type { Extract, Header, Pack } from 'tar-stream'

type EntryHeader = Partial<Header> & Pick<Header, 'name'>
/** The writing side of tar-stream's own kind of stream. */
interface Sink {
  write(chunk: Uint8Array): boolean
  end(last: undefined): unknown
  once(event: 'drain', listener: () => void): unknown
}

/** The bytes of a tar of everything in a directory. */
export async function* packDirectory(dir: string): AsyncGenerator<Uint8Array> {
  const tar = await import('tar-stream')
  const pack = tar.pack()
  const adding = addTree(pack, dir, '').then(
    () => pack.finalize(),
    (error: unknown) => pack.destroy(error as Error),
  )
  try {
    for await (const chunk of pack) yield chunk as Uint8Array
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
      await add(pack, { ...header, type: 'file', size: info.size }, createReadStream(join(dir, path)))
    }
  }
}

/** Adds an entry, and resolves when it is written. */
async function add(pack: Pack, header: EntryHeader, content?: AsyncIterable<unknown>): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const entry = pack.entry(header, (error) => (error === undefined || error === null ? resolve() : reject(error)))
    if (content !== undefined) writeAll(entry, content as AsyncIterable<Uint8Array>).catch(reject)
    else if (header.type === 'file') entry.end(undefined)
  })
}

async function writeAll(sink: Sink, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of chunks) {
    if (!sink.write(chunk)) await new Promise<void>((resolve) => sink.once('drain', resolve))
  }
  sink.end(undefined)
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
