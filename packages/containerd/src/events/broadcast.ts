/** Events for any number of readers, each at its own pace. */

import type { TaskEvent, TaskEventType } from '../types.ts'

/** Which events a reader wants. */
export interface EventFilter {
  /** All when absent. */
  readonly types?: readonly TaskEventType[]
  readonly containerId?: string
  /** Also events of containers that this client does not know, with `known: false`. */
  readonly unknown?: boolean
  /** Ends the loop. */
  readonly signal?: AbortSignal
}

/** Hands each event to every reader that wants it. A reader's queue has no limit: the daemon would queue instead. */
export class EventBroadcast {
  readonly #readers = new Set<EventReader>()
  #closed = false

  /** A reader that gets everything from now on, before its loop has begun too. */
  subscribe(filter: EventFilter): AsyncIterableIterator<TaskEvent> {
    const reader = new EventReader(filter, () => this.#readers.delete(reader))
    this.#readers.add(reader)
    if (this.#closed) reader.end()
    return reader
  }

  /** True when somebody wants events of unknown containers. */
  get wantsUnknown(): boolean {
    for (const reader of this.#readers) if (reader.filter.unknown === true) return true
    return false
  }

  publish(event: TaskEvent): void {
    for (const reader of this.#readers) reader.offer(event)
  }

  /** Ends all loops, after what is queued. */
  close(): void {
    this.#closed = true
    for (const reader of this.#readers) reader.end()
  }
}

type Result = IteratorResult<TaskEvent, undefined>

class EventReader implements AsyncIterableIterator<TaskEvent> {
  readonly filter: EventFilter
  readonly #forget: () => void
  readonly #events: TaskEvent[] = []
  readonly #waiting: ((result: Result) => void)[] = []
  readonly #abort = (): void => this.#close()
  #ended = false

  constructor(filter: EventFilter, forget: () => void) {
    this.filter = filter
    this.#forget = forget
    if (filter.signal?.aborted === true) this.#ended = true
    filter.signal?.addEventListener('abort', this.#abort, { once: true })
  }

  offer(event: TaskEvent): void {
    const { types, containerId, unknown } = this.filter
    const isWanted =
      !this.#ended &&
      (types === undefined || types.includes(event.type)) &&
      (containerId === undefined || containerId === event.containerId) &&
      (event.known || unknown === true)
    if (!isWanted) return
    const waiting = this.#waiting.shift()
    if (waiting === undefined) this.#events.push(event)
    else waiting({ value: event, done: false })
  }

  end(): void {
    this.#ended = true
    this.filter.signal?.removeEventListener('abort', this.#abort)
    this.#forget()
    for (const waiting of this.#waiting.splice(0)) waiting({ value: undefined, done: true })
  }

  next(): Promise<Result> {
    const event = this.#events.shift()
    if (event !== undefined) return Promise.resolve({ value: event, done: false })
    if (this.#ended) return Promise.resolve({ value: undefined, done: true })
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  return(): Promise<Result> {
    this.#close()
    return Promise.resolve({ value: undefined, done: true })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #close(): void {
    this.#events.length = 0
    this.end()
  }
}
