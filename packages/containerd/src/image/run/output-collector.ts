import { Writable } from 'node:stream'

/** Keeps what a program writes, up to a limit, and takes the rest without keeping it. */
export class OutputCollector extends Writable {
  readonly #limitBytes: number
  readonly #chunks: Buffer[] = []
  #bytes = 0
  #isTruncated = false

  /** @param limitBytes  most bytes to keep */
  constructor(limitBytes: number) {
    super()
    this.#limitBytes = limitBytes
  }

  /** Everything that was kept, as UTF-8. */
  get text(): string {
    return Buffer.concat(this.#chunks).toString('utf8')
  }

  /** There was more. */
  get isTruncated(): boolean {
    return this.#isTruncated
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const room = this.#limitBytes - this.#bytes
    if (chunk.length > room) this.#isTruncated = true
    if (room > 0) this.#chunks.push(chunk.subarray(0, room))
    this.#bytes += Math.min(chunk.length, room)
    done()
  }
}
