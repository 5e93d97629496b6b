/** What waits for a subscriber, never more than a known number of events. */

import { TeuError } from '@teu/spec'
import { Fifo } from './fifo.ts'
import { type Fold, fold, foldKey, isEmpty, unfold } from './fold.ts'
import { type ConnectionEvent, isContainerEvent, type WatchEvent } from './watch-event.ts'

/** What happens when `capacity` events wait and another one comes.
 *   - `coalesce`: events about one container are folded into their result, until the subscriber has caught up. It still learns the state
 *     that each container is in, but not each step on the way; a container that came and went meanwhile is not mentioned at all.
 *   - `error`: this subscription ends with ERR_TEU_OVERFLOW. Others are not affected. */
export type Overflow = 'coalesce' | 'error'

/** See the head of this file. */
export class EventQueue {
  readonly #capacity: number
  readonly #overflow: Overflow
  readonly #exact = new Fifo<WatchEvent>()
  /** Not empty while the subscriber lags behind: results per container, and the newest about each connection. */
  readonly #folds = new Map<string, Fold>()
  #unfolding: IterableIterator<[string, Fold]> | undefined
  readonly #connections = new Map<string, ConnectionEvent>()

  constructor(capacity: number, overflow: Overflow) {
    this.#capacity = capacity
    this.#overflow = overflow
  }

  /** Adds events that belong together, such as the differences of one list; they count as one when it comes to the capacity, so that
   *  an engine with many containers does not overflow anybody just by being listed.
   *  @throws {TeuError} ERR_TEU_OVERFLOW */
  add(events: readonly WatchEvent[]): void {
    const lagging = this.#folds.size > 0 || this.#connections.size > 0
    if (!lagging && this.#exact.length < this.#capacity) {
      this.#exact.add(events)
      return
    }
    if (this.#overflow === 'error') {
      throw new TeuError('ERR_TEU_OVERFLOW', `The events are read too slowly: ${this.#exact.length} are waiting`, {
        remedy: 'read faster, raise `capacity`, or use overflow: "coalesce"',
      })
    }
    for (const event of [...this.#exact.takeAll(), ...events]) this.#fold(event)
  }

  /** The next event, if there is one. */
  take(): WatchEvent | undefined {
    if (this.#exact.length === 0) this.#unfoldNext()
    return this.#exact.take()
  }

  /** Forgets everything that waits. */
  clear(): void {
    this.#exact.clear()
    this.#folds.clear()
    this.#unfolding = undefined
    this.#connections.clear()
  }

  #fold(event: WatchEvent): void {
    if (!isContainerEvent(event)) {
      this.#connections.set(event.engine.api, event)
      return
    }
    const key = foldKey(event)
    const folded = fold(this.#folds.get(key), event)
    if (isEmpty(folded)) this.#folds.delete(key)
    else this.#folds.set(key, folded)
  }

  /** The result that has waited longest; what is known of connections comes when nothing else is left. */
  #unfoldNext(): void {
    // Goes on where it was: from the beginning of a map it is a long way over what was deleted. What is folded meanwhile comes at its end.
    this.#unfolding ??= this.#folds.entries()
    for (let next = this.#unfolding.next(); next.done !== true; next = this.#unfolding.next()) {
      const [key, folded] = next.value
      this.#folds.delete(key)
      this.#exact.add(unfold(folded))
      if (this.#exact.length > 0) return
    }
    this.#unfolding = undefined
    this.#exact.add(this.#connections.values())
    this.#connections.clear()
  }
}
