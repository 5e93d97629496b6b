/** Signals on their way from the caller to a program, which for a while is not there yet. */

import { isTeuError, signalNumber } from '@teu/spec'
import type { Console } from './console.ts'

/** Shells have it so. */
const SIGNAL_BASE = 128

/** What a command does that a signal ended before there was a program. */
export class Interrupted extends Error {
  /** Exit status. */
  readonly status: number

  constructor(name: string) {
    super(`interrupted by ${name}`)
    this.status = SIGNAL_BASE + signalNumber(name)
  }
}

/** How long a signal waits for the program to be there, in milliseconds. */
const HOLD_MS = 5_000

/** Ends work with the first signal, until somebody else takes them. */
export class SignalRelay {
  readonly #stopWork = new AbortController()
  readonly #stop: () => void
  #target: ((name: string) => void) | undefined
  #held: string[] | undefined
  #patience: NodeJS.Timeout | undefined

  constructor(console: Pick<Console, 'onSignal'>) {
    this.#stop = console.onSignal((name) => this.#take(name))
  }

  /** Fires with an {@link Interrupted}. */
  get signal(): AbortSignal {
    return this.#stopWork.signal
  }

  /** True once there is a program for them. */
  get isPassing(): boolean {
    return this.#target !== undefined
  }

  /** From now on the program may be there before its start is answered, so a signal may be meant for it: the first one waits until there is a
   *  target. With the second one, or when the start takes too long, it ends the work after all. */
  hold(): void {
    this.#held ??= []
  }

  /** From now on signals go to `target`, those that were held first, and end nothing here. */
  passTo(target: (name: string) => void): void {
    clearTimeout(this.#patience)
    this.#target = target
    for (const name of this.#held ?? []) target(name)
  }

  stop(): void {
    clearTimeout(this.#patience)
    this.#stop()
  }

  #take(name: string): void {
    if (this.#target !== undefined) return this.#target(name)
    if (this.#held?.length === 0) {
      this.#held.push(name)
      this.#patience = setTimeout(() => this.#end(name), HOLD_MS)
    } else {
      this.#end(name)
    }
  }

  #end(name: string): void {
    this.#stopWork.abort(new Interrupted(name))
  }
}

/** Does work that a signal may end.
 *  @returns the status of `work`, or 128 + n when signal n ended it */
export async function interruptible(console: Pick<Console, 'onSignal'>, work: (relay: SignalRelay) => Promise<number>): Promise<number> {
  const relay = new SignalRelay(console)
  try {
    return await work(relay)
  } catch (error) {
    if (error instanceof Interrupted) return error.status
    throw error
  } finally {
    relay.stop()
  }
}

/** True when there is nobody left whom a signal could reach. */
export function isGone(error: unknown): boolean {
  return isTeuError(error, 'ERR_TEU_NOT_FOUND') || isTeuError(error, 'ERR_TEU_NOT_RUNNING')
}
