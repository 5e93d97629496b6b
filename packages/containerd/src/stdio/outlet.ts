/** Streams of users that output is copied to. Several outputs may share one, also those of several processes. */

import { finished, type Readable, type Writable } from 'node:stream'
import { report } from '../report.ts'

const outlets = new WeakMap<Writable, Outlet>()

/** One output on its way into a stream. */
export interface Inflow {
  readonly containerId: string
  /** Whether the stream is to end with this output: a process that was never started leaves it for the next attempt. */
  readonly endsTarget: Promise<boolean>
}

/** Copies an output to a stream. The stream ends when the last of the outputs that go there has ended; those of this program never do. Where it
 *  takes nothing any more, that is reported, and the output is read on and dropped: a full pipe would stop the program. */
export function copyTo(target: Writable, source: Readable, inflow: Inflow): void {
  let outlet = outlets.get(target)
  if (outlet === undefined) {
    outlet = new Outlet(target)
    outlets.set(target, outlet)
  }
  outlet.add(source, inflow)
}

class Outlet {
  readonly #target: Writable
  readonly #inflows = new Map<Readable, Inflow>()
  readonly #isOwnProgram: boolean
  #isLost = false
  #isEnding = false
  /** An output that has ended wants the target to end. */
  #isToEnd = false

  constructor(target: Writable) {
    this.#target = target
    this.#isOwnProgram = target === process.stdout || target === process.stderr
    target.on('drain', () => {
      for (const source of this.#inflows.keys()) source.resume()
    })
    // It listens for errors from now on: one that comes late must not end the program.
    finished(target, { readable: false }, (error) => {
      if (error !== undefined && error !== null) this.#lose(error)
      else if (!this.#isEnding) this.#lose(ended())
    })
  }

  add(source: Readable, inflow: Inflow): void {
    this.#inflows.set(source, inflow)
    source.on('data', this.#write)
    finished(source, { writable: false }, () => void this.#leave(source))
    if (this.#isClosed) this.#lose(this.#target.errored ?? ended())
    else if (this.#target.writableNeedDrain) source.pause()
  }

  get #isClosed(): boolean {
    return this.#isLost || this.#target.writableEnded || this.#target.destroyed
  }

  readonly #write = (chunk: Buffer): void => {
    if (this.#isClosed) return this.#lose(this.#target.errored ?? ended())
    if (this.#target.write(chunk)) return
    for (const source of this.#inflows.keys()) source.pause()
  }

  async #leave(source: Readable): Promise<void> {
    // The output of a quick program ends before it is known that there was one.
    const isToEnd = await this.#inflows.get(source)?.endsTarget
    if (!this.#inflows.delete(source)) return
    this.#isToEnd ||= isToEnd === true
    if (this.#inflows.size > 0 || !this.#isToEnd || this.#isOwnProgram || this.#isClosed) return
    this.#isEnding = true
    this.#target.end()
  }

  /** What comes from here on is read and dropped. */
  #lose(error: unknown): void {
    this.#isLost = true
    const what = 'write the output of a process'
    // What was written is still on the way.
    if (this.#isEnding && this.#inflows.size === 0) report({ what, error })
    for (const [source, { containerId }] of this.#inflows) {
      report({ what, containerId, error })
      this.#inflows.delete(source)
      source.off('data', this.#write)
      source.resume()
    }
  }
}

function ended(): Error {
  return new Error('The stream was ended or destroyed before all output was written; the rest is dropped')
}
