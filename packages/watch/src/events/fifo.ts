/** A line of things that wait, in which each costs the same however long the line is: shift() of a long array moves all that follow. */

/** Those that have left are let go when they are as many as this, and as those that wait. */
const MOST_LEFT = 1_024

/** First in, first out. */
export class Fifo<T> {
  #items: T[] = []
  /** Those before it have left. */
  #first = 0

  get length(): number {
    return this.#items.length - this.#first
  }

  /** Adds things, in their order. */
  add(items: Iterable<T>): void {
    // One at a time: there may be more than a call takes arguments.
    for (const item of items) this.#items.push(item)
  }

  /** The one that has waited longest, which leaves; undefined when there is none. */
  take(): T | undefined {
    if (this.length === 0) return undefined
    const item = this.#items[this.#first++]
    if (this.length === 0) this.clear()
    else if (this.#first >= MOST_LEFT && this.#first >= this.length) {
      this.#items = this.#items.slice(this.#first)
      this.#first = 0
    }
    return item
  }

  /** All of them, which leave. */
  takeAll(): T[] {
    const items = this.#items.slice(this.#first)
    this.clear()
    return items
  }

  clear(): void {
    this.#items = []
    this.#first = 0
  }
}
