/** FIFOs between us and a shim. Opening one must never block: four blocked opens stop all file access of Node. */

import { execFile } from 'node:child_process'
import { closeSync, constants, fstatSync, lstatSync, openSync } from 'node:fs'
import { lstat, unlink } from 'node:fs/promises'
import { Socket } from 'node:net'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { TeuError } from '@teu/spec'

const run = promisify(execFile)

/** Bun, which reads and writes FIFOs in ways of its own: its sockets on them read nothing, without an error. */
interface BunFiles {
  file(fd: number): { stream(): ReadableStream<Uint8Array>; writer(): BunWriter }
}
interface BunWriter {
  write(chunk: Uint8Array): unknown
  flush(): Promise<unknown> | unknown
  end(): Promise<unknown> | unknown
  /** Lets the program end while something waits to be written. */
  unref(): void
}
const bun = (globalThis as { Bun?: BunFiles }).Bun

/** Makes FIFOs that only their owner can open, in place of what an earlier life has left there.
 *  @throws {TeuError} ERR_TEU_SYSTEM */
export async function makeFifos(paths: readonly string[]): Promise<void> {
  if (paths.length === 0) return
  await removeFifos(paths)
  try {
    await run('mkfifo', ['-m', '0700', '--', ...paths])
  } catch (error) {
    // What is there now is new.
    await removeFifos(paths)
    throw new TeuError('ERR_TEU_SYSTEM', `Cannot make FIFOs ${paths.join(', ')}: ${(error as Error).message}`, {
      path: paths[0],
      syscall: 'mkfifo',
      cause: error,
    })
  }
}

/** Removes these files, where they are FIFOs, or links, which stay behind otherwise. What a link leads to stays, also where it is the directory
 *  that is one. */
export async function removeFifos(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const info = await lstat(path).catch(ignoreMissing)
    if (info?.isFIFO() !== true && info?.isSymbolicLink() !== true) continue
    if ((await lstat(dirname(path)).catch(ignoreMissing))?.isDirectory() !== true) continue
    await unlink(path).catch(ignoreMissing)
  }
}

/** Whether there is a FIFO of this name. */
export async function isFifo(path: string): Promise<boolean> {
  const stat = await lstat(path).catch(ignoreMissing)
  return stat?.isFIFO() === true
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error
}

/**
 * Opens a FIFO of ours by its name. Somebody may have put something else there: a link is not followed, and nothing is read or written before
 * it has been looked at.
 * @throws {TeuError} ERR_TEU_SYSTEM for what is none of ours
 * @throws {Error} the file system's own: ENXIO for a writing end while nobody reads
 */
function openFifo(path: string, access: number): number {
  if (!lstatSync(dirname(path)).isDirectory()) throw foreign(path, 'its directory is a link')
  const fd = openSync(path, access | constants.O_NONBLOCK | constants.O_NOFOLLOW)
  try {
    const info = fstatSync(fd)
    if (!info.isFIFO()) throw foreign(path, 'it is no FIFO')
    if (info.uid !== 0 && info.uid !== process.geteuid?.()) throw foreign(path, `it belongs to user ${info.uid}`)
    return fd
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

function foreign(path: string, why: string): TeuError {
  return new TeuError('ERR_TEU_SYSTEM', `Cannot use ${path} for a stream: ${why}`, { path, syscall: 'open' })
}

/** Hands a descriptor over; it is closed when that fails. */
function owning<T>(fd: number, take: (fd: number) => T): T {
  try {
    return take(fd)
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

/** The reading end. It ends when the last writer has closed, and not before the first one has come.
 *  @throws {Error} as {@link openFifo} */
export function openForReading(path: string): Readable {
  return owning(openFifo(path, constants.O_RDONLY), (fd) =>
    bun === undefined ? new Socket({ fd, readable: true, writable: false }) : bunReadable(bun.file(fd).stream().getReader(), fd),
  )
}

/** Reads ahead as a socket of Node does: the end of an output in which nothing is left comes also where nobody reads it. */
function bunReadable(reader: ReadableStreamDefaultReader<Uint8Array>, fd: number): Readable {
  const stream = new Readable({
    read() {
      void reader.read().then(
        ({ done, value }) => {
          this.push(done ? null : value)
          if (done) this.read(0)
        },
        (error: unknown) => this.destroy(error as Error),
      )
    },
    destroy(reason, done) {
      const close = (): void => {
        closeSync(fd)
        done(reason)
      }
      void reader.cancel().then(close, close)
    },
  })
  stream.read(0)
  return stream
}

/** A writing end. */
export interface FifoWriter {
  /** Resolves when the bytes are in the pipe.
   *  @throws {Error} EPIPE when nobody reads any more */
  write(chunk: Uint8Array): Promise<void>
  close(): Promise<void>
}

/** The writing end; undefined while nobody has the reading end open.
 *  @throws {Error} as {@link openFifo} */
export function openForWriting(path: string): FifoWriter | undefined {
  let fd: number
  try {
    fd = openFifo(path, constants.O_WRONLY)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENXIO') return undefined
    throw error
  }
  return owning(fd, () => (bun === undefined ? socketWriter(fd) : bunWriter(bun.file(fd).writer(), fd)))
}

function socketWriter(fd: number): FifoWriter {
  const socket = new Socket({ fd, readable: false, writable: true })
  // Each write reports its own failure.
  socket.on('error', () => {})
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  return {
    write: (chunk) =>
      new Promise((resolve, reject) => {
        socket.write(chunk, (error) => (error === undefined || error === null ? resolve() : reject(error)))
      }),
    close: () => {
      socket.destroy()
      return closed
    },
  }
}

function bunWriter(writer: BunWriter, fd: number): FifoWriter {
  return {
    write: async (chunk) => {
      writer.write(chunk)
      await writer.flush()
    },
    close: async () => {
      writer.unref()
      try {
        // Settles when the rest is in the pipe, or nobody reads any more: then with the error that a pending write has reported.
        await writer.end()
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error
      } finally {
        closeSync(fd)
      }
    },
  }
}
