/** Streams for the stdio of processes under test. */

import { Writable } from 'node:stream'
import { eventually } from '../../../../tests/harness/wait.ts'

/** Keeps what is written. */
export class Sink extends Writable {
  readonly #chunks: Buffer[] = []

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#chunks.push(chunk)
    done()
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString()
  }

  get length(): number {
    return this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  }

  /** Resolves when the text so far holds something. */
  async waitFor(part: string): Promise<string> {
    return eventually(`${JSON.stringify(part)} in the output`, () => (this.text.includes(part) ? this.text : undefined), 10_000)
  }
}
