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

/** Ends work with the first signal, until somebody else takes them. */
export class SignalRelay {
  readonly #stopWork = new AbortController()
  #target: ((name: string) => void) | undefined
  readonly #stop: () => void

  constructor(console: Pick<Console, 'onSignal'>) {
    this.#stop = console.onSignal((name) => {
      if (this.#target === undefined) this.#stopWork.abort(new Interrupted(name))
      else this.#target(name)
    })
  }

  /** Fires with an {@link Interrupted}. */
  get signal(): AbortSignal {
    return this.#stopWork.signal
  }

  /** True once there is a program for them. */
  get isPassing(): boolean {
    return this.#target !== undefined
  }

  /** From now on signals go to `target`, and end nothing here. */
  passTo(target: (name: string) => void): void {
    this.#target = target
  }

  stop(): void {
    this.#stop()
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
