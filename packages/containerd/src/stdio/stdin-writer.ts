/** The input of a process. Its end reaches the program only when every writer is gone: we, and the shim, which must be told. */

import { Writable } from 'node:stream'
import { isTeuError, deferred, delay } from '@teu/spec'
import { report } from '../report.ts'
import { openForWriting, type FifoWriter } from './fifo.ts'

const REOPEN_MS = 10
const MAX_OPEN_MS = 10_000
/** Ctrl-D. */
const END_OF_TRANSMISSION = 4
const LINE_FEED = 10

/** What a {@link StdinWriter} needs to know. */
export interface StdinTarget {
  readonly path: string
  readonly terminal: boolean
  /** Makes the shim close its writing end. */
  readonly closeIo: () => Promise<void>
}

/**
 * Keeps what is written until the shim reads (`release`), also an end that came before. Ends quietly when the process has gone (`drop`). Where
 * the bytes cannot go on, or the one who writes destroys the stream, the program's input ends: it would wait for ever.
 *
 * A terminal's end is Ctrl-D: if the shim closed its side, the program would lose its terminal.
 */
export class StdinWriter extends Writable {
  readonly #target: StdinTarget
  /** Resolves with true when the shim reads, with false when it never will. */
  readonly #released = deferred<boolean>()
  /** The same, and false also when the stream is destroyed before. */
  readonly #mayOpen = deferred<boolean>()
  readonly #gone = new AbortController()
  #fifo: Promise<FifoWriter | undefined> | undefined
  /** The shim's end is closed, or being closed, or none of our business any more. */
  #isEnded = false
  #lastByte = LINE_FEED

  constructor(target: StdinTarget) {
    super({ decodeStrings: true, emitClose: true })
    this.#target = target
    // A process that ends before its input does is no failure of the one who writes.
    this.on('error', () => {})
  }

  /** The shim has opened its end. */
  release(): void {
    this.#released.resolve(true)
    this.#mayOpen.resolve(true)
  }

  /** The process is gone, or never came. */
  drop(): void {
    this.#isEnded = true
    this.#released.resolve(false)
    this.destroy()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#put(chunk).then(() => done(), done)
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#finish().then(() => done(), done)
  }

  override _destroy(reason: Error | null, done: (error?: Error | null) => void): void {
    this.#mayOpen.resolve(false)
    this.#gone.abort()
    if (reason !== null) report({ what: `write the input of a process to ${this.#target.path}`, error: reason })
    this.#close().then(
      () => done(reason),
      (failure: unknown) => done(reason ?? (failure as Error)),
    )
    void this.#endAnyway()
  }

  /** Without an end of the stream itself. */
  async #endAnyway(): Promise<void> {
    try {
      if (!this.#target.terminal && (await this.#released.promise)) await this.#endInput()
    } catch (error) {
      report({ what: `end the input of a process at ${this.#target.path}`, error })
    }
  }

  /** Makes the shim close its end, once. */
  async #endInput(): Promise<void> {
    if (this.#isEnded) return
    this.#isEnded = true
    try {
      await this.#target.closeIo()
    } catch (error) {
      if (!isTeuError(error, 'ERR_TEU_NOT_FOUND') && !isTeuError(error, 'ERR_TEU_UNAVAILABLE')) throw error
    }
  }

  async #put(chunk: Buffer): Promise<void> {
    const fifo = await this.#open()
    if (fifo === undefined || this.#gone.signal.aborted) return
    this.#lastByte = chunk.at(-1) ?? this.#lastByte
    try {
      await fifo.write(chunk)
    } catch (error) {
      if (!isReaderGone(error)) throw error
      this.#gone.abort()
    }
  }

  async #finish(): Promise<void> {
    if (!(await this.#released.promise)) return
    const { terminal } = this.#target
    // In the middle of a line the first one only hands that line over.
    if (terminal) await this.#put(Buffer.alloc(this.#lastByte === LINE_FEED ? 1 : 2, END_OF_TRANSMISSION))
    await this.#close()
    if (!terminal) await this.#endInput()
  }

  #open(): Promise<FifoWriter | undefined> {
    this.#fifo ??= this.#tryToOpen()
    return this.#fifo
  }

  async #tryToOpen(): Promise<FifoWriter | undefined> {
    if (!(await this.#mayOpen.promise)) return undefined
    for (let waitedMs = 0; waitedMs < MAX_OPEN_MS && !this.#gone.signal.aborted; waitedMs += REOPEN_MS) {
      const fifo = openForWriting(this.#target.path)
      if (fifo !== undefined) return fifo
      await delay(REOPEN_MS, this.#gone.signal)
    }
    return undefined
  }

  async #close(): Promise<void> {
    const fifo = await this.#fifo?.catch(() => {})
    this.#fifo = Promise.resolve(undefined)
    await fifo?.close()
  }
}

function isReaderGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED'
}
