/** What the page shows, as the server has it: engines, living containers under numbers, and what these take. */

import { type Container, containerKey, isContainerEvent, type MergedWatcher, type Usage, type WatchEvent, type Watcher } from '@teu/watch'
import { messageOf } from '../event-document.ts'
import { imageOf } from '../image-packer.ts'
import { soundContainer } from '../model/sound.ts'
import type { Selection } from '../selection.ts'
import { shortText } from './short-text.ts'
import { oneDecimal, UsageHistory } from './usage-history.ts'
import type { WireContainer, WireDetails, WireEngine, WireReading } from './wire.ts'

/** What has changed about a board; numbers of containers. */
export interface BoardChange {
  readonly engines: boolean
  /** New, changed or ended. */
  readonly containers: readonly number[]
  /** Those whose reading is another one; undefined when this is no sample. */
  readonly readings: readonly number[] | undefined
}

/** A label costs memory, and nobody reads a thousand of them. */
const MOST_LABELS = 200
const MOST_TEXT = 1_000

const EVERYTHING: Selection = { container: () => true, engine: () => true }

interface Row {
  readonly n: number
  container: Container
  wire: WireContainer
  reading: WireReading
}

/** See the head of this file. */
export class Board implements Disposable {
  readonly #watcher: MergedWatcher
  readonly #history: UsageHistory
  readonly #numbers = new Map<string, number>()
  readonly #rows = new Map<number, Row>()
  readonly #selection: Selection
  /** Of engines, by address: each tells it with its containers and events. */
  readonly #ids = new Map<string, string>()
  readonly #versions = new Map<string, string>()
  readonly #listeners = new Set<(change: BoardChange) => void>()
  readonly #failed: (error: unknown) => void
  readonly #stop: () => void
  #engines: readonly WireEngine[] = []
  #next = 1
  #sampledAt = 0

  /** @param samples  length of the histories
   *  @param selection  which engines and containers are shown
   *  @param failed  is told why something could not be shown */
  constructor(
    watcher: MergedWatcher,
    samples: number,
    selection: Selection = EVERYTHING,
    failed: (error: unknown) => void = () => undefined,
  ) {
    this.#watcher = watcher
    this.#failed = failed
    this.#selection = selection
    this.#history = new UsageHistory(samples)
    for (const container of watcher.portfolio) {
      this.#ids.set(container.engine.api, container.engine.id)
      this.#guarded(() => void this.#put(container))
    }
    this.lookAtEngines()
    this.#stop = watcher.tap((events) => this.#take(events))
  }

  get engines(): readonly WireEngine[] {
    return this.#engines
  }

  get numbers(): Iterable<number> {
    return this.#rows.keys()
  }

  /** When the last sample was taken, in milliseconds since 1970; 0 for never. */
  get sampledAt(): number {
    return this.#sampledAt
  }

  /** The containers, to be sampled. */
  get containers(): Container[] {
    return Array.from(this.#rows.values(), ({ container }) => container)
  }

  container(n: number): WireContainer | undefined {
    return this.#rows.get(n)?.wire
  }

  reading(n: number): WireReading | undefined {
    return this.#rows.get(n)?.reading
  }

  details(n: number): WireDetails | undefined {
    const row = this.#rows.get(n)
    if (row === undefined) return undefined
    const labels = Object.entries(row.container.labels).sort(([a], [b]) => (a < b ? -1 : 1))
    return {
      n,
      labels: labels.slice(0, MOST_LABELS).map(([name, value]) => [shortText(name, MOST_TEXT), shortText(value, MOST_TEXT)]),
      moreLabels: Math.max(0, labels.length - MOST_LABELS),
      history: this.#history.of(n),
    }
  }

  /** @returns  a function that stops it */
  onChange(listener: (change: BoardChange) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Takes a sample in.
   *  @param usages  by {@link containerKey} */
  addSample(at: number, usages: ReadonlyMap<string, Usage>): void {
    this.#sampledAt = at
    const numbered = new Map<number, Usage>()
    const changed: number[] = []
    for (const row of this.#rows.values()) {
      const usage = usages.get(containerKey(row.container))
      if (usage !== undefined) numbered.set(row.n, usage)
      const reading = readingOf(row.n, usage)
      if (reading.some((value, i) => value !== row.reading[i])) changed.push(row.n)
      row.reading = reading
    }
    this.#history.add(at, numbered)
    this.#tell({ engines: this.lookAtEngines(), containers: [], readings: changed })
  }

  /** Engines come, go and are tried again without an event for each; this looks at all of them.
   *  @returns  true when something is different */
  lookAtEngines(): boolean {
    const shown = this.#watcher.watchers.filter(({ type, api }) => this.#selection.engine({ type, api, id: this.#ids.get(api) ?? '' }))
    const engines = shown.map((watcher) => this.#engineOf(watcher))
    const isSame = engines.length === this.#engines.length && engines.every((one, i) => sameEngine(one, this.#engines[i]))
    if (!isSame) this.#engines = engines
    return !isSame
  }

  [Symbol.dispose](): void {
    this.#stop()
    this.#listeners.clear()
  }

  #take(events: readonly WatchEvent[]): void {
    const touched = new Set<number>()
    for (const event of events) {
      this.#ids.set(event.engine.api, event.engine.id)
      if (!isContainerEvent(event)) {
        if (event.type === 'synced') this.#askVersion(event.engine.api)
      } else {
        this.#guarded(() => {
          const n = event.type === 'exited' ? this.#remove(event.container) : this.#put(event.container)
          if (n !== undefined) touched.add(n)
        })
      }
    }
    const engines = this.lookAtEngines()
    if (engines || touched.size > 0) this.#tell({ engines, containers: [...touched], readings: undefined })
  }

  /** Its number; undefined for one that is not shown, and was not. */
  #put(told: Container): number | undefined {
    const container = soundContainer(told)
    // Another name or other labels may be what is not asked for.
    if (!this.#selection.container(container)) return this.#remove(container)
    const key = containerKey(container)
    const n = this.#numbers.get(key) ?? this.#next++
    const row = this.#rows.get(n)
    const wire = wireOf(n, container)
    if (row === undefined) this.#rows.set(n, { n, container, wire, reading: readingOf(n, undefined) })
    else Object.assign(row, { container, wire })
    this.#numbers.set(key, n)
    return n
  }

  #remove(container: Container): number | undefined {
    const key = containerKey(soundContainer(container))
    const n = this.#numbers.get(key)
    if (n === undefined) return undefined
    this.#numbers.delete(key)
    this.#rows.delete(n)
    this.#history.forget(n)
    return n
  }

  /** A listener that fails does not keep the others from hearing it. */
  #tell(change: BoardChange): void {
    for (const listener of this.#listeners) this.#guarded(() => listener(change))
  }

  /** What one container, or one listener, does must not end anything else. */
  #guarded(act: () => void): void {
    try {
      act()
    } catch (error) {
      this.#failed(error)
    }
  }

  #engineOf(watcher: Watcher): WireEngine {
    const { api, type, state, lastError } = watcher
    const version = this.#versions.get(api)
    if (version === undefined && state === 'watching') this.#askVersion(api)
    return {
      api: shortText(api, MOST_TEXT),
      type: shortText(type, MOST_TEXT),
      version: version ?? '',
      state: state === 'watching' ? 'watching' : lastError === undefined ? 'connecting' : 'lost',
      error: state === 'watching' || lastError === undefined ? '' : shortText(messageOf(lastError), MOST_TEXT),
    }
  }

  /** Asks again after each reconnection: the engine may have been updated meanwhile. */
  #askVersion(api: string): void {
    const watcher = this.#watcher.watchers.find((one) => one.api === api)
    if (watcher === undefined) return
    if (!this.#versions.has(api)) this.#versions.set(api, '')
    void watcher.version().then((version) => {
      const text = shortText(version, MOST_TEXT)
      if (text !== '') this.#versions.set(api, text)
      if (this.lookAtEngines()) this.#tell({ engines: true, containers: [], readings: undefined })
    })
  }
}

function wireOf(n: number, container: Container): WireContainer {
  const { id, name, project, engine, pid, paused, privileged, startedAt } = container
  return {
    n,
    id: shortText(id, MOST_TEXT),
    name: shortText(name, MOST_TEXT),
    image: shortText(imageOf(container) ?? '', MOST_TEXT),
    project: shortText(project, MOST_TEXT),
    engine: shortText(engine.api, MOST_TEXT),
    pid,
    paused,
    privileged: privileged === true,
    startedAt: startedAt?.getTime() ?? null,
  }
}

function readingOf(n: number, usage: Usage | undefined): WireReading {
  const cpu = usage?.cpuPercent
  return [n, cpu === undefined ? null : oneDecimal(cpu), usage?.memoryBytes ?? null, usage?.memoryLimitBytes ?? null, usage?.pids ?? null]
}

function sameEngine(a: WireEngine, b: WireEngine | undefined): boolean {
  return b !== undefined && a.api === b.api && a.state === b.state && a.version === b.version && a.error === b.error && a.type === b.type
}
