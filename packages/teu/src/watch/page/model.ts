/** What the page knows: the server's picture, from snapshots and changes. */

import type { WireChanges, WireContainer, WireEngine, WireReading, WireSample, WireSnapshot } from '../web/wire.ts'

/** A container, and what it took last. */
export interface Row {
  /** The same again after a restart, when the number is another one. */
  readonly key: string
  readonly container: WireContainer
  readonly reading: WireReading
}

/** `unknown`: its engine cannot be heard, so it may have changed. */
export type RowState = 'running' | 'paused' | 'unknown'

/** See the head of this file. Rows are replaced, not changed, so that equal rows are the same object. */
export class Model {
  readonly rows: Map<number, Row> = new Map()
  engines: readonly WireEngine[] = []
  machine = ''
  intervalMs = 1_000
  historyMs = 600_000
  /** Server's time of the last sample, in milliseconds since 1970; 0 before the first. */
  now = 0
  /** False until there was a snapshot. */
  isComplete = false
  /** Counts changes of containers: what was made of their texts holds as long as this is the same. */
  version = 0
  readonly #numbers = new Map<string, number>()

  stateOf({ container: { engine, paused } }: Row): RowState {
    const isHeard = this.engines.every(({ api, state }) => api !== engine || state === 'watching')
    return isHeard ? (paused ? 'paused' : 'running') : 'unknown'
  }

  byKey(key: string | undefined): Row | undefined {
    const n = key === undefined ? undefined : this.#numbers.get(key)
    return n === undefined ? undefined : this.rows.get(n)
  }

  takeSnapshot({ engines, containers, sample, machine, intervalMs, historyMs }: WireSnapshot): void {
    this.rows.clear()
    this.#numbers.clear()
    Object.assign(this, { engines, machine, intervalMs, historyMs, isComplete: true })
    this.version++
    for (const container of containers) this.#put(container)
    this.#takeSample(sample)
  }

  takeChanges({ engines, containers = [], gone = [], sample }: WireChanges): void {
    if (engines !== undefined) this.engines = engines
    if (containers.length > 0 || gone.length > 0) this.version++
    for (const n of gone) this.#remove(n)
    for (const container of containers) this.#put(container)
    if (sample !== undefined) this.#takeSample(sample)
  }

  #put(container: WireContainer): void {
    const { n } = container
    const key = keyOf(container)
    this.rows.set(n, { key, container, reading: this.rows.get(n)?.reading ?? [n, null, null, null, null] })
    this.#numbers.set(key, n)
  }

  #remove(n: number): void {
    const row = this.rows.get(n)
    this.rows.delete(n)
    if (row !== undefined && this.#numbers.get(row.key) === n) this.#numbers.delete(row.key)
  }

  #takeSample({ at, readings }: WireSample): void {
    this.now = at
    for (const reading of readings) {
      const row = this.rows.get(reading[0])
      if (row !== undefined) this.rows.set(reading[0], { ...row, reading })
    }
  }
}

/** Names a container of all engines. */
export function keyOf({ id, engine }: Pick<WireContainer, 'id' | 'engine'>): string {
  return `${id} ${engine}`
}
