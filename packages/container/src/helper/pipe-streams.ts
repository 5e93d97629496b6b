/** Streams over the ends of FIFOs. Node reads a FIFO through libuv's poll (net.Socket); Bun reads nothing that way, but does with a
 *  blocking descriptor and fs streams. */

import { createReadStream, createWriteStream } from 'node:fs'
import type { Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'

const onBun = process.versions['bun'] !== undefined

/** Takes over `fd`; the stream closes it. */
export function readableFrom(fd: number): Readable {
  if (onBun) return createReadStream('', { fd, autoClose: true })
  return socketOver({ fd, readable: true, writable: false })
}

/** Takes over `fd`. Writing after the container closed its end fails with EPIPE, which ends the stream and is no error. */
export function writableTo(fd: number): Writable {
  const stream: Writable = onBun ? createWriteStream('', { fd, autoClose: true }) : socketOver({ fd, readable: false, writable: true })
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET') stream.destroy(error)
  })
  return stream
}

/** node:net is loaded when it is used: the command line, which starts afresh each time, does without. */
function socketOver(options: { fd: number; readable: boolean; writable: boolean }): Socket {
  const net = process.getBuiltinModule('node:net')
  return new net.Socket(options)
}
