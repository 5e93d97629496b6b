/** One subscriber's view of the events, as an async iterator. */

import { EventQueue, type Overflow } from './event-queue.ts'
import type { FilteredView } from './filtered-view.ts'
import type { WatchEvent } from './watch-event.ts'

/** What a subscription needs. */
export interface SubscriptionOptions {
  readonly capacity: number
  readonly overflow: Overflow
  /** Undefined for everything. */
  readonly view: FilteredView | undefined
  readonly signal: AbortSignal | undefined
  /** Is called once, when it has ended in whatever way. */
  readonly ended: (subscription: Subscription) => void
}

type Result = IteratorResult<WatchEvent, undefined>

interface Reader {
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/** An iterator by hand and not a generator, because return() has to work while next() waits. */
export class Subscription implements AsyncIterableIterator<WatchEvent, undefined> {
  readonly #options: SubscriptionOptions
  readonly #queue: EventQueue
  readonly #readers: Reader[] = []
  #over = false
  #failure: { readonly error: unknown } | undefined

  constructor(options: SubscriptionOptions) {
    this.#options = options
    this.#queue = new EventQueue(options.capacity, options.overflow)
    const { signal } = options
    if (signal?.aborted === true) this.#finish()
    else signal?.addEventListener('abort', this.#abort, { once: true })
  }

  /** What is known already, of a subscriber who does not want to be told. */
  skip(known: readonly WatchEvent[]): void {
    this.#filtered(known)
  }

  /** Events that belong together, in order. A filter that throws ends the subscription with what it has thrown. */
  push(events: readonly WatchEvent[]): void {
    const wanted = this.#filtered(events)
    if (wanted.length === 0) return
    try {
      this.#queue.add(wanted)
    } catch (error) {
      this.#queue.clear()
      return this.fail(error)
    }
    while (this.#readers.length > 0) {
      const event = this.#queue.take()
      if (event === undefined) return
      this.#readers.shift()?.resolve({ done: false, value: event })
    }
  }

  /** Ends it; what waits can still be read. */
  end(): void {
    this.#finish()
  }

  /** Ends it with an error, which comes after what waits. */
  fail(error: unknown): void {
    if (this.#over) return
    const reader = this.#readers.shift()
    if (reader === undefined) this.#failure = { error }
    this.#finish()
    reader?.reject(error)
  }

  next(): Promise<Result> {
    const event = this.#queue.take()
    if (event !== undefined) return Promise.resolve({ done: false, value: event })
    if (this.#failure !== undefined) {
      const { error } = this.#failure
      this.#failure = undefined
      return Promise.reject(error)
    }
    if (this.#over) return Promise.resolve({ done: true, value: undefined })
    return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }))
  }

  return(): Promise<Result> {
    this.#queue.clear()
    this.#failure = undefined
    this.#finish()
    return Promise.resolve({ done: true, value: undefined })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #filtered(events: readonly WatchEvent[]): readonly WatchEvent[] {
    if (this.#over) return []
    const { view } = this.#options
    if (view === undefined) return events
    try {
      return view.take(events)
    } catch (error) {
      this.fail(error)
      return []
    }
  }

  readonly #abort = (): void => {
    void this.return()
  }

  #finish(): void {
    if (this.#over) return
    this.#over = true
    this.#options.signal?.removeEventListener('abort', this.#abort)
    this.#options.ended(this)
    for (const reader of this.#readers.splice(0)) reader.resolve({ done: true, value: undefined })
  }
}
