/** The terminal, pipes and signals of the process that a command runs in, as a value: tests give their own. */

import type { Readable, Writable } from 'node:stream'
import type { TerminalSize } from './host.ts'

/** Surroundings of a program in the foreground. */
export interface Console {
  /** Stdin. Asked for only when a program is to read it: from then on it is read. */
  input(): Readable
  /** A new stream to stdout or stderr; ending it leaves the descriptor open. It fails when nobody reads any more. */
  output(name: 'stdout' | 'stderr'): Writable
  isTerminal(name: 'stdin' | 'stdout' | 'stderr'): boolean
  /** Size of the terminal; undefined when there is none. */
  size(): TerminalSize | undefined
  /** Hands every key to the program as it is, or takes that back. */
  setRaw(isRaw: boolean): void
  /** Calls for each change of the size. @returns a function that ends it */
  onResize(listener: () => void): () => void
  /** @throws the reason of the signal */
  pause(ms: number, signal: AbortSignal): Promise<void>
  /** Takes the signals that are meant for a program. @returns a function that ends it */
  onSignal(listener: (name: string) => void): () => void
  /** Calls in place of being stopped (SIGTSTP). @returns a function that ends it */
  onStop(listener: () => void): () => void
  /** Calls when the process goes on after it was stopped (SIGCONT). @returns a function that ends it */
  onContinue(listener: () => void): () => void
  /** Stops the process and its group, as Ctrl-Z does. Resolves when it goes on; at once when there is nobody who could make it go on. */
  suspend(): Promise<void>
  /** Takes raw mode back and writes `text` to stdout when the process ends by an error that nobody has caught, if `isNeeded` then. @returns a function that ends it */
  onCrash(text: string, isNeeded: () => boolean): () => void
}
