/** A stream to a descriptor that other programs share. */

import { constants, openSync, write } from 'node:fs'
import { Writable } from 'node:stream'

/** There is no other way to wait for room in a socket whose owner made it non-blocking. */
const RETRY_MS = 1

/** Writes each chunk whole, and in order, before it asks for the next one, so that a reader who is slow slows the program down, and what is
 *  written is out when the stream says so. The streams of `process` differ in that between engines. */
export class FdOutput extends Writable {
  #fd: number
  readonly #shared: number

  /** @param fd  stays open */
  constructor(fd: number) {
    super({ decodeStrings: true })
    this.#fd = fd
    this.#shared = fd
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (chunk.length === 0) return done()
    write(this.#fd, chunk, 0, chunk.length, null, (error, written) => {
      if (error === null) this._write(chunk.subarray(written), _encoding, done)
      else if (error.code === 'EAGAIN') this.#whenThereIsRoom(() => this._write(chunk, _encoding, done))
      else done(error)
    })
  }

  /** The caller made its end non-blocking. A pipe or terminal that is opened anew has flags of its own. */
  #whenThereIsRoom(retry: () => void): void {
    if (this.#fd === this.#shared) {
      try {
        this.#fd = openSync(`/proc/self/fd/${this.#shared}`, constants.O_WRONLY | constants.O_NOCTTY)
        return retry()
      } catch {
        // A socket; it keeps its flags.
      }
    }
    setTimeout(retry, RETRY_MS)
  }
}
