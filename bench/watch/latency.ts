/** How long after a process was killed, or asked for, somebody hears of it: the engine's own stream of events beside a watcher. */

import { summarise, table } from '../statistics.ts'

/** What is heard of one container, by its id. */
export type Ear = (type: 'started' | 'exited', id: string) => Promise<void>

/** When it was heard, in milliseconds of performance.now(). */
export class Listener {
  readonly #times = new Map<string, number>()
  readonly #waiting = new Map<string, () => void>()

  /** Takes note of an event, the first of its kind. */
  hear(type: string, id: string): void {
    const key = `${type} ${id}`
    if (this.#times.has(key)) return
    this.#times.set(key, performance.now())
    this.#waiting.get(key)?.()
  }

  /** The moment of an event, past or to come; it is forgotten then. */
  async heard(type: string, id: string): Promise<number> {
    const key = `${type} ${id}`
    if (!this.#times.has(key)) await new Promise<void>((resolve) => this.#waiting.set(key, resolve))
    this.#waiting.delete(key)
    const time = this.#times.get(key) ?? Number.NaN
    this.#times.delete(key)
    return time
  }
}

/** One container's life: `start` and `kill` answer the moment at which they were asked. */
export interface Life {
  readonly id: string
  start(): Promise<number>
  kill(): Promise<number>
  remove(): Promise<void>
}

/** Measures and prints. `raw` hears the engine's own stream, `watcher` what a watcher tells. */
export async function benchLatency(
  engine: string,
  rounds: number,
  ears: { readonly raw: Listener; readonly watcher: Listener },
  newLife: () => Promise<Life>,
): Promise<void> {
  const samples: Record<string, number[]> = {}
  const add = (row: string, ms: number): unknown => (samples[row] ??= []).push(ms)
  for (let round = 0; round < rounds; round++) {
    const life = await newLife()
    for (const type of ['started', 'exited'] as const) {
      const asked = await (type === 'started' ? life.start() : life.kill())
      const [raw, watcher] = await Promise.all([ears.raw.heard(type, life.id), ears.watcher.heard(type, life.id)])
      add(`${type}: in the engine's stream`, raw - asked)
      add(`${type}: told by the watcher`, watcher - asked)
      add(`${type}: the watcher's share`, watcher - raw)
    }
    await life.remove()
  }
  const rows = Object.entries(samples).map(([name, times]) => {
    const { p10, median, p90 } = summarise(times)
    return [name, median.toFixed(2), p10.toFixed(2), p90.toFixed(2)]
  })
  console.log(`\n${engine}: a container's start and its process's death until they are heard, ${rounds} rounds, milliseconds`)
  console.log(table(['', 'median', 'p10', 'p90'], rows))
}
