/** Our ends of a process's streams. */

import { deferred } from '@teu/spec'
import { finished, type Readable } from 'node:stream'
import { settlesWithin } from '../settles-within.ts'
import type { ProcessIo } from '../types.ts'
import { openForReading, removeFifos } from './fifo.ts'
import { StdinWriter } from './stdin-writer.ts'

/** Paths of FIFOs; absent where a stream is not, or is none of ours. */
export interface StdioPaths {
  readonly stdin?: string | undefined
  readonly stdout?: string | undefined
  readonly stderr?: string | undefined
}

/** Open ends of FIFOs, with what belongs to them. */
export class AttachedIo implements ProcessIo {
  readonly terminal: boolean
  declare readonly stdin?: StdinWriter
  declare readonly stdout?: Readable
  declare readonly stderr?: Readable
  readonly drained: Promise<void>
  readonly #paths: readonly string[]
  readonly #outputs: readonly Readable[]
  readonly #started = deferred<boolean>()
  /** In the place of outputs that were closed too early. */
  readonly #standIns: Readable[] = []
  #isOpened = false
  #isClosed = false

  /** Opens the reading ends at once; a program that writes meanwhile waits for them.
   *  @throws {Error} the file system's own */
  constructor(paths: StdioPaths, terminal: boolean, closeIo: () => Promise<void>) {
    this.terminal = terminal
    this.#paths = [paths.stdin, paths.stdout, paths.stderr].filter((path) => path !== undefined)
    const outputs: Readable[] = []
    try {
      if (paths.stdout !== undefined) outputs.push((this.stdout = this.#read(paths.stdout)))
      if (paths.stderr !== undefined) outputs.push((this.stderr = this.#read(paths.stderr)))
    } catch (error) {
      // Nobody will dismiss a stand-in.
      this.#isClosed = true
      for (const output of outputs) output.destroy()
      throw error
    }
    if (paths.stdin !== undefined) this.stdin = new StdinWriter({ path: paths.stdin, terminal, closeIo })
    this.#outputs = outputs
    this.drained = Promise.all(outputs.map(ended)).then(() => {})
  }

  /** True when the shim has opened its ends, false when it never will. */
  get started(): Promise<boolean> {
    return this.#started.promise
  }

  /** The shim has opened its ends. */
  opened(): void {
    this.#isOpened = true
    this.#started.resolve(true)
    this.#dismiss()
    this.stdin?.release()
  }

  cancel(): void {
    this.stdin?.drop()
    this.#started.resolve(false)
    if (!this.#isOpened) this.#closeOutputs()
  }

  /** True when all output has been read within some milliseconds. */
  drainedWithin(ms: number): Promise<boolean> {
    return settlesWithin(this.drained, ms)
  }

  /** Closes our ends; what is not read yet is lost. The FIFOs stay, for the one who comes next. */
  close(): void {
    this.stdin?.drop()
    this.#started.resolve(false)
    this.#closeOutputs()
  }

  #closeOutputs(): void {
    this.#isClosed = true
    for (const output of this.#outputs) output.destroy()
    this.#dismiss()
  }

  /** Opens a reading end. A shim waits for one, so it has another when its user does not want this one before the shim has come. */
  #read(path: string): Readable {
    const output = openForReading(path)
    output.once('close', () => {
      if (this.#isOpened || this.#isClosed) return
      try {
        this.#standIns.push(openForReading(path).resume())
      } catch {
        // What is in its place now is no FIFO, as the shim will say.
      }
    })
    return output
  }

  #dismiss(): void {
    for (const standIn of this.#standIns.splice(0)) standIn.destroy()
  }

  /** Closes our ends and removes the FIFOs. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
    await removeFifos(this.#paths)
  }
}

/** Resolves when a stream has been read to its end, or was dropped. */
function ended(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    finished(stream, { writable: false }, () => resolve())
  })
}
