/** From one source of events to any number of subscribers and listeners, all of which see the same order. */

import type { Logger } from '../logger.ts'
import type { Overflow } from './event-queue.ts'
import { type ContainerFilter, matcherFor } from './filter.ts'
import { FilteredView } from './filtered-view.ts'
import { Subscription } from './subscription.ts'
import type { WatchEvent } from './watch-event.ts'

/** Options of `events()`. */
export interface EventOptions {
  /** Begin with `started` for every container that is known, and with `synced` when the picture is complete. Default true. */
  readonly replay?: boolean | undefined
  /** What happens to a subscriber that reads too slowly. Default `coalesce`. */
  readonly overflow?: Overflow | undefined
  /** Number of events that may wait. Default 1024. */
  readonly capacity?: number | undefined
  /** Only events about these containers, so that what is told leads to what `snapshot()` with the same filter has; see
   *  `view` of a ContainerEvent. A function that throws ends the subscription with what it has thrown. */
  readonly filter?: ContainerFilter | undefined
  /** Aborting ends the iteration; it does not throw. */
  readonly signal?: AbortSignal | undefined
}

/** An event of one type. */
export type TypedEvent<T extends WatchEvent['type']> = WatchEvent & { readonly type: T }

const DEFAULT_CAPACITY = 1024

/** See the head of this file. */
export class Broadcast {
  readonly #subscriptions = new Set<Subscription>()
  readonly #listeners = new Set<(events: readonly WatchEvent[]) => void>()
  readonly #logger: Logger
  #ending: { readonly error: unknown } | 'done' | undefined

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** @param known  what a subscriber that wants a replay is told first */
  subscribe(known: () => readonly WatchEvent[], options: EventOptions = {}): Subscription {
    const { capacity = DEFAULT_CAPACITY, overflow = 'coalesce', replay = true, filter, signal } = options
    if (!(Number.isInteger(capacity) && capacity > 0)) throw new RangeError(`events(): capacity must be an integer > 0, got ${capacity}`)
    const ended = (subscription: Subscription): void => void this.#subscriptions.delete(subscription)
    const view = filter === undefined ? undefined : new FilteredView(matcherFor(filter))
    const subscription = new Subscription({ capacity, overflow, view, signal, ended })
    if (signal?.aborted === true) return subscription
    // Before it hears anything: its filter may throw, which ends it.
    this.#subscriptions.add(subscription)
    if (replay) subscription.push(known())
    else if (view !== undefined) subscription.skip(known())
    if (this.#ending !== undefined) this.#end(subscription, this.#ending)
    return subscription
  }

  /** Calls `listener` at once for each event of one type.
   *  @returns  a function that stops it */
  on<T extends WatchEvent['type']>(type: T, listener: (event: TypedEvent<T>) => void): () => void {
    return this.tap((events) => {
      for (const event of events) if (event.type === type) this.#call(() => listener(event as TypedEvent<T>))
    })
  }

  /** Calls `listener` at once for each group of events that belong together.
   *  @returns  a function that stops it */
  tap(listener: (events: readonly WatchEvent[]) => void): () => void {
    // The same function may be given twice.
    const own = (events: readonly WatchEvent[]): void => listener(events)
    this.#listeners.add(own)
    return () => void this.#listeners.delete(own)
  }

  publish(events: readonly WatchEvent[]): void {
    if (events.length === 0) return
    for (const subscription of this.#subscriptions) subscription.push(events)
    for (const listener of this.#listeners) this.#call(() => listener(events))
  }

  /** Ends all subscriptions, with an error or without. Later ones get the replay and end likewise. */
  end(ending: { readonly error: unknown } | 'done'): void {
    this.#ending ??= ending
    for (const subscription of this.#subscriptions) this.#end(subscription, ending)
    this.#listeners.clear()
  }

  #end(subscription: Subscription, ending: { readonly error: unknown } | 'done'): void {
    if (ending === 'done') subscription.end()
    else subscription.fail(ending.error)
  }

  /** A listener that throws is reported, and disturbs nobody. */
  #call(listener: () => void): void {
    try {
      listener()
    } catch (error) {
      this.#logger.warn({ err: error }, 'a listener for container events has thrown')
    }
  }
}
