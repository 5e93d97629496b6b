/**
 * What a subscriber with a filter gets to see: the events that lead to the containers that the filter lets through, and no others.
 *
 * A container that is renamed may come into the view or leave it without having been started or ended. The subscriber is told with the
 * same event as everybody, which says so in `view`. An end is told to those who have the container in their view, whatever the
 * filter says of it.
 */

import type { Matcher } from './filter.ts'
import { foldKey } from './fold.ts'
import { type ContainerEvent, isContainerEvent, type WatchEvent } from './watch-event.ts'

/** See the head of this file. */
export class FilteredView {
  readonly #matcher: Matcher
  /** Containers in the view, see foldKey(). */
  readonly #seen = new Set<string>()

  constructor(matcher: Matcher) {
    this.#matcher = matcher
  }

  /** The events to pass on.
   *  @throws what a filter of the user's own throws */
  take(events: readonly WatchEvent[]): WatchEvent[] {
    return events.flatMap((event) => {
      const passed = isContainerEvent(event) ? this.#takeChange(event) : this.#matcher.engine(event.engine) ? event : undefined
      return passed ?? []
    })
  }

  #takeChange(event: ContainerEvent): ContainerEvent | undefined {
    const key = foldKey(event)
    if (event.type === 'exited') return this.#seen.delete(key) ? event : undefined
    const wasSeen = this.#seen.has(key)
    if (this.#matcher.container(event.container)) {
      this.#seen.add(key)
      return wasSeen || event.type === 'started' ? event : { ...event, view: 'entered' }
    }
    this.#seen.delete(key)
    return wasSeen ? { ...event, view: 'left' } : undefined
  }
}
