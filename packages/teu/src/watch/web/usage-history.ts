/** What containers took in the last minutes: rings of numbers, all turned by the same clock. */

import type { Usage } from '@teu/watch'
import type { WireHistory } from './wire.ts'

/** One container's past, about 16 bytes for each sample. */
interface Ring {
  readonly cpu: Float32Array
  readonly memory: Float64Array
  readonly pids: Float32Array
  /** Samples before this one are not its own. */
  readonly since: number
}

/** See the head of this file. Containers are known by number. */
export class UsageHistory {
  readonly #length: number
  readonly #at: Float64Array
  readonly #rings = new Map<number, Ring>()
  /** Samples that were taken so far. */
  #taken = 0

  /** @param length  number of samples that are kept */
  constructor(length: number) {
    this.#length = length
    this.#at = new Float64Array(length)
  }

  /** How many containers have a past. */
  get size(): number {
    return this.#rings.size
  }

  /** Adds a sample of many containers, all at the same time. */
  add(at: number, readings: ReadonlyMap<number, Usage>): void {
    const slot = this.#taken % this.#length
    this.#at[slot] = at
    for (const n of readings.keys()) if (!this.#rings.has(n)) this.#rings.set(n, this.#newRing())
    for (const [n, ring] of this.#rings) {
      const usage = readings.get(n)
      ring.cpu[slot] = usage?.cpuPercent ?? Number.NaN
      ring.memory[slot] = usage?.memoryBytes ?? Number.NaN
      ring.pids[slot] = usage?.pids ?? Number.NaN
    }
    this.#taken++
  }

  /** Drops the past of one that has ended. */
  forget(n: number): void {
    this.#rings.delete(n)
  }

  /** Oldest first; empty for one without a past. */
  of(n: number): WireHistory {
    const ring = this.#rings.get(n)
    const first = Math.max(ring?.since ?? this.#taken, this.#taken - this.#length)
    const slots = Array.from({ length: this.#taken - first }, (_, i) => (first + i) % this.#length)
    const pick = (values: Float32Array | Float64Array | undefined): (number | null)[] => slots.map((slot) => numberOrNull(values?.[slot]))
    return {
      at: slots.map((slot) => this.#at[slot] ?? 0),
      cpu: pick(ring?.cpu).map((value) => (value === null ? null : oneDecimal(value))),
      memory: pick(ring?.memory),
      pids: pick(ring?.pids),
    }
  }

  #newRing(): Ring {
    const length = this.#length
    return {
      cpu: new Float32Array(length),
      memory: new Float64Array(length),
      pids: new Float32Array(length),
      since: this.#taken,
    }
  }
}

const numberOrNull = (value: number | undefined): number | null => (value === undefined || Number.isNaN(value) ? null : value)

/** Percentages are told to a tenth. */
export function oneDecimal(value: number): number {
  return Math.round(value * 10) / 10
}
