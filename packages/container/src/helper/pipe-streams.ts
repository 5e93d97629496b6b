/** Streams over the ends of FIFOs. Node reads and writes a FIFO through libuv's poll (net.Socket); Bun reads nothing that way, but does with
 *  streams of its own. Reading with node:fs would take one of Bun's few threads for each output, and none would be left for the inputs. */

import { close, closeSync, write } from 'node:fs'
import type { Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'

const onBun = process.versions['bun'] !== undefined

/** Takes over `fd`; the stream closes it. */
export function readableFrom(fd: number): Readable {
  return onBun ? streamOfBun(fd) : socketOver({ fd, readable: true, writable: false })
}

/** The part of Bun's own interface that is needed here. */
interface Bun {
  file(fd: number): { stream(): ReadableStream<Uint8Array> }
}

/** Bun leaves the descriptor open. */
function streamOfBun(fd: number): Readable {
  const { Readable } = process.getBuiltinModule('node:stream')
  const { Bun } = globalThis as unknown as { Bun: Bun }
  const stream = Readable.fromWeb(Bun.file(fd).stream() as Parameters<typeof Readable.fromWeb>[0])
  return stream.once('close', () => closeSync(fd))
}

/** Takes over `fd`. Writing after the container closed its end fails with EPIPE, which ends the stream and is no error. */
export function writableTo(fd: number): Writable {
  const stream: Writable = onBun ? blockingWriter(fd) : socketOver({ fd, readable: false, writable: true })
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET') stream.destroy(error)
  })
  return stream
}

/** Bun's file streams stop at the first write that a FIFO takes only a part of. */
function blockingWriter(fd: number): Writable {
  const { Writable } = process.getBuiltinModule('node:stream')
  const writeFrom = (chunk: Buffer, offset: number, done: (error?: Error | null) => void): void => {
    if (offset >= chunk.length) return done()
    write(fd, chunk, offset, Math.min(chunk.length - offset, PIPE_BYTES), null, (error, written) => {
      if (error) done(error)
      else writeFrom(chunk, offset + written, done)
    })
  }
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => writeFrom(chunk, 0, done),
    destroy: (error, done) => close(fd, () => done(error)),
  })
}

/** What a FIFO holds (pipe(7)). */
const PIPE_BYTES = 65_536

/** node:net is loaded when it is used: the command line, which starts afresh each time, does without. */
function socketOver(options: { fd: number; readable: boolean; writable: boolean }): Socket {
  const net = process.getBuiltinModule('node:net')
  return new net.Socket(options)
}
