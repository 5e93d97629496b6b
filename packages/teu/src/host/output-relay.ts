/** The way of a program's output to a reader who takes his time. */

import { Writable } from 'node:stream'

/**
 * Passes output on at the reader's pace while the program runs, so that one who reads slowly slows the program down. Once it has ended there is
 * only what its pipes still hold: that is taken at once, because the daemon's side does not wait for long, and kept until the reader has it.
 */
export class OutputRelay extends Writable {
  readonly #target: Writable
  #takesAll = false
  #goOn: (() => void) | undefined

  constructor(target: Writable) {
    super()
    this.#target = target
    target.once('error', (error) => this.destroy(error))
    // Who owns this has been told; the other stream of the program may be fine.
    this.on('error', () => undefined)
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#target.write(chunk, () => this.#proceed())
    this.#goOn = done
    if (this.#takesAll) this.#proceed()
  }

  /** The program has ended. */
  takeAll(): void {
    this.#takesAll = true
    this.#proceed()
  }

  /** Resolves when everything so far has reached the reader, or never will. */
  async flushed(): Promise<void> {
    const target = this.#target
    await new Promise<void>((resolve) => {
      if (target.destroyed || target.writableEnded) return resolve()
      target.once('error', () => resolve())
      target.once('close', resolve)
      target.write('', () => resolve())
    })
  }

  #proceed(): void {
    const goOn = this.#goOn
    this.#goOn = undefined
    goOn?.()
  }
}
