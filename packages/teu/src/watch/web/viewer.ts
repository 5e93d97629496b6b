/** One open page: gets a snapshot and then changes, as fast as it reads them and no faster than a few times a second. */

import type { Board, BoardChange } from './board.ts'
import type { WireChanges, WireReading, WireSample, WireSnapshot } from './wire.ts'

/** Where the events go. */
export interface EventSink {
  /** @returns  false when nothing more should be written before `onDrain` */
  write(text: string): boolean
  onDrain(listener: () => void): void
  /** Ends it at once, whatever waits. */
  destroy(): void
}

/** Times in milliseconds. */
export interface ViewerTimes {
  /** Changes within this time are told together. */
  readonly batchMs: number
  /** Who does not read for so long is gone. */
  readonly stuckMs: number
}

/** Changes wait as numbers of what is different, so that what is kept for a slow reader is bounded by the number of containers. */
export class Viewer implements Disposable {
  readonly #board: Board
  readonly #sink: EventSink
  readonly #times: ViewerTimes
  readonly #stop: () => void
  /** Those that the page has been told of. */
  readonly #known = new Set<number>()
  readonly #changed = new Set<number>()
  readonly #read = new Set<number>()
  #engines = false
  #sampled = false
  #isFull = false
  #batch: NodeJS.Timeout | undefined
  #stuck: NodeJS.Timeout | undefined

  constructor(board: Board, sink: EventSink, about: Pick<WireSnapshot, 'machine' | 'intervalMs' | 'historyMs'>, times: ViewerTimes) {
    this.#board = board
    this.#sink = sink
    this.#times = times
    // First: one that cannot begin leaves no listener.
    this.#begin(about)
    this.#stop = board.onChange((change) => this.#note(change))
    sink.onDrain(() => this.#drained())
  }

  [Symbol.dispose](): void {
    this.#stop()
    clearTimeout(this.#batch)
    clearTimeout(this.#stuck)
  }

  #begin(about: Pick<WireSnapshot, 'machine' | 'intervalMs' | 'historyMs'>): void {
    const numbers = [...this.#board.numbers]
    for (const n of numbers) this.#known.add(n)
    const containers = numbers.flatMap((n) => this.#board.container(n) ?? [])
    const snapshot: WireSnapshot = { ...about, engines: this.#board.engines, containers, sample: this.#sampleOf(numbers) }
    this.#write('snapshot', snapshot)
  }

  #note({ engines, containers, readings }: BoardChange): void {
    if (engines) this.#engines = true
    for (const n of containers) this.#noteContainer(n)
    // A sample ends the batch: it is what comes most often, and takes along what has happened before it.
    if (readings !== undefined) {
      this.#sampled = true
      for (const n of readings) this.#read.add(n)
      this.#flush()
    } else {
      this.#batch ??= setTimeout(() => this.#flush(), this.#times.batchMs)
    }
  }

  /** One that came and went unseen is not mentioned. */
  #noteContainer(n: number): void {
    const isAlive = this.#board.container(n) !== undefined
    if (isAlive || this.#known.has(n)) this.#changed.add(n)
    else this.#changed.delete(n)
    if (!isAlive) this.#read.delete(n)
  }

  #flush(): void {
    clearTimeout(this.#batch)
    this.#batch = undefined
    if (this.#isFull) return
    const changes = this.#takeChanges()
    if (Object.keys(changes).length > 0) this.#write('changes', changes)
  }

  #takeChanges(): WireChanges {
    const containers = [...this.#changed].flatMap((n) => this.#board.container(n) ?? [])
    const gone = [...this.#changed].filter((n) => this.#known.has(n) && this.#board.container(n) === undefined)
    for (const { n } of containers) {
      if (!this.#known.has(n)) this.#read.add(n)
      this.#known.add(n)
    }
    for (const n of gone) this.#known.delete(n)
    const changes: WireChanges = {
      ...(this.#engines && { engines: this.#board.engines }),
      ...(containers.length > 0 && { containers }),
      ...(gone.length > 0 && { gone }),
      ...(this.#sampled && { sample: this.#sampleOf([...this.#read].filter((n) => this.#known.has(n))) }),
    }
    this.#changed.clear()
    if (this.#sampled) this.#read.clear()
    this.#engines = false
    this.#sampled = false
    return changes
  }

  #sampleOf(numbers: readonly number[]): WireSample {
    const readings = numbers.flatMap((n): WireReading[] => {
      const reading = this.#board.reading(n)
      return reading === undefined ? [] : [reading]
    })
    return { at: this.#board.sampledAt, readings }
  }

  /** Of JSON, every line end is within a string and escaped: the text is one line, as an event needs it. */
  #write(event: string, data: WireSnapshot | WireChanges): void {
    if (this.#sink.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)) return
    this.#isFull = true
    this.#stuck = setTimeout(() => this.#sink.destroy(), this.#times.stuckMs)
  }

  #drained(): void {
    if (!this.#isFull) return
    this.#isFull = false
    clearTimeout(this.#stuck)
    this.#flush()
  }
}
