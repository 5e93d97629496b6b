/** Exits that were heard while a list was on its way, and what they say about the containers in it. However many there are, what is kept
 *  of them has a bound: of an id only what the verdict needs. */

import type { EngineEvent } from '../engine-client.ts'
import type { Container } from './container.ts'

/** The end of a container, as the engine reports it. */
export type Exit = Pick<EngineEvent, 'timestamp' | 'pid' | 'exitCode'>

/** `doubtful`: the exit may be that of an earlier process of the container, which only the engine can tell. */
export type ExitVerdict = 'believed' | 'doubtful' | 'stale'

/** Ids of which exits are remembered. */
const MOST_IDS = 10_000

/** Processes of one id that are remembered. */
const MOST_PIDS = 256

/** Is the process of the container that one which has ended? An earlier one may be meant: ids survive a restart. */
export function judgeExit(container: Container, exit: Exit): ExitVerdict {
  if (exit.pid === 0) return 'doubtful'
  if (exit.pid !== undefined) return exit.pid === container.pid ? 'believed' : 'stale'
  // A clock that was put back has the same look as an old event, hence no more than a doubt.
  return container.startedAt !== undefined && container.startedAt > exit.timestamp ? 'doubtful' : 'believed'
}

interface Heard {
  readonly pids: Set<number>
  /** The latest exit whose process the engine does not tell. If this is no exit of the listed process, no earlier one is. */
  latest: Exit | undefined
  /** A process was not known, or there were too many. */
  isDoubtful: boolean
}

/** See the head of this file. */
export class HeardExits {
  readonly #heard = new Map<string, Heard>()
  #isFull = false

  add(id: string, exit: Exit): void {
    const heard = this.#heard.get(id) ?? this.#begin(id)
    if (heard === undefined) return
    const { pid } = exit
    if (pid === undefined) {
      if (heard.latest === undefined || heard.latest.timestamp < exit.timestamp) heard.latest = exit
    } else if (pid === 0 || (heard.pids.size >= MOST_PIDS && !heard.pids.has(pid))) heard.isDoubtful = true
    else heard.pids.add(pid)
  }

  /** What all exits of its id, in whatever order, say about a listed container. Of one that would have to be remembered, but there were too
   *  many, that it is doubtful. */
  judge(container: Container): ExitVerdict {
    const heard = this.#heard.get(container.id)
    if (heard === undefined) return this.#isFull ? 'doubtful' : 'stale'
    const byTime = heard.latest === undefined ? 'stale' : judgeExit(container, heard.latest)
    if (byTime === 'believed' || heard.pids.has(container.pid)) return 'believed'
    return byTime === 'doubtful' || heard.isDoubtful ? 'doubtful' : 'stale'
  }

  #begin(id: string): Heard | undefined {
    if (this.#heard.size >= MOST_IDS) {
      this.#isFull = true
      return undefined
    }
    const heard: Heard = { pids: new Set(), latest: undefined, isDoubtful: false }
    this.#heard.set(id, heard)
    return heard
  }
}
