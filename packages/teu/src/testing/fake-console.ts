/** Terminal, pipes and signals of a test. */

import { PassThrough, Writable } from 'node:stream'
import type { Console } from '../host/console.ts'
import type { TerminalSize } from '../host/host.ts'

/** A {@link Console} that keeps what is written; the test types, resizes and sends signals. */
export class FakeConsole implements Console {
  readonly written: { stdout: string; stderr: string } = { stdout: '', stderr: '' }
  readonly keyboard: PassThrough = new PassThrough()
  /** Every change of the mode. */
  readonly raw: boolean[] = []
  terminals: readonly string[] = []
  currentSize: TerminalSize | undefined
  /** What writing fails with. */
  broken: Error | undefined
  readonly #resizes = new Set<() => void>()
  readonly #signals = new Set<(name: string) => void>()
  readonly #jobSignals = new Set<(name: string) => void>()

  input(): PassThrough {
    return this.keyboard
  }

  output(name: 'stdout' | 'stderr'): Writable {
    return new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        if (this.broken !== undefined) return done(this.broken)
        // Later than the end of the program, unless somebody waits for it.
        setTimeout(() => {
          this.written[name] += chunk.toString()
          done()
        }, 5)
      },
    })
  }

  isTerminal(name: string): boolean {
    return this.terminals.includes(name)
  }

  size(): TerminalSize | undefined {
    return this.currentSize
  }

  setRaw(isRaw: boolean): void {
    this.raw.push(isRaw)
  }

  /** What happens in a pause; none takes time. */
  whilePausing: () => void = () => undefined

  async pause(_ms: number, signal: AbortSignal): Promise<void> {
    this.whilePausing()
    signal.throwIfAborted()
  }

  onResize(listener: () => void): () => void {
    this.#resizes.add(listener)
    return () => void this.#resizes.delete(listener)
  }

  onSignal(listener: (name: string) => void): () => void {
    this.#signals.add(listener)
    return () => void this.#signals.delete(listener)
  }

  onStop(listener: () => void): () => void {
    return this.#listen('SIGTSTP', listener)
  }

  onContinue(listener: () => void): () => void {
    return this.#listen('SIGCONT', listener)
  }

  /** How often it was stopped; it goes on at once. */
  stops = 0

  async suspend(): Promise<void> {
    this.stops++
  }

  /** What a crash would write now. */
  crash: () => string = () => ''

  onCrash(text: string, isNeeded: () => boolean): () => void {
    this.crash = () => (isNeeded() ? text : '')
    return () => (this.crash = () => '')
  }

  #listen(wanted: string, listener: () => void): () => void {
    const own = (name: string): void => {
      if (name === wanted) listener()
    }
    this.#jobSignals.add(own)
    return () => void this.#jobSignals.delete(own)
  }

  resize(size: TerminalSize): void {
    this.currentSize = size
    for (const listener of this.#resizes) listener()
  }

  send(name: string): void {
    const isJobSignal = name === 'SIGTSTP' || name === 'SIGCONT'
    for (const listener of isJobSignal ? this.#jobSignals : this.#signals) listener(name)
  }

  /** Listeners that a command has left. */
  get left(): number {
    return this.#resizes.size + this.#signals.size + this.#jobSignals.size
  }
}
