/** What is known of engines and containers now: events and samples go in, rows come out. Nothing here knows how it is shown. */

import { type Container, containerKey, isContainerEvent, type MergedWatcher, type Usage, type WatchEvent } from '@teu/watch'
import type { Selection } from '../selection.ts'
import type { Sampler } from '../watch-door.ts'
import { type EngineFacts, engineFacts } from './engine-facts.ts'
import { UsageHistories, type UsageHistory } from './history.ts'
import { type Row, rowsOf } from './row.ts'
import { soundContainer, soundEvent } from './sound.ts'

/** A container that is not there any more. */
export interface Ended {
  readonly container: Container
  readonly exitCode: number | undefined
  /** Up to its end. */
  readonly history: UsageHistory
}

/** How many of them are remembered, for whoever is just looking at one. */
const MOST_ENDED = 100

/** What it is made of. */
export interface LiveSources {
  readonly watcher: MergedWatcher
  readonly sampler: Pick<Sampler, 'sample'>
  readonly selection: Selection
  readonly now: () => Date
  /** Is called when something else is to be shown. */
  readonly changed: (events: readonly WatchEvent[]) => void
}

/** See the head of this file. Dispose it to stop listening. */
export class LiveModel implements Disposable {
  readonly #sources: LiveSources
  readonly #histories = new UsageHistories()
  readonly #ended = new Map<string, Ended>()
  readonly #versions = new Map<string, string>()
  readonly #stop: () => void
  #usages: ReadonlyMap<string, Usage> = new Map()
  #isReady = false
  #isOver = false

  constructor(sources: LiveSources) {
    this.#sources = sources
    const { watcher } = sources
    this.#stop = watcher.tap((events) => this.#take(events))
    for (const one of watcher.watchers) if (one.state === 'watching') this.#askVersion(one.api)
    watcher.ready().then(
      () => {
        this.#isReady = true
        if (!this.#isOver) sources.changed([])
      },
      // It is closed.
      () => undefined,
    )
  }

  /** True when it is known which engines there are. */
  get isReady(): boolean {
    return this.#isReady
  }

  /** Reads what the containers take. */
  async sample(signal: AbortSignal): Promise<void> {
    this.#usages = await this.#sources.sampler.sample(this.#containers(), { signal })
    this.#histories.add(this.#usages)
    this.#sources.changed([])
  }

  /** The containers that are selected. */
  rows(): Row[] {
    const { watcher, now } = this.#sources
    const deaf = new Set(watcher.watchers.flatMap(({ api, state }) => (state === 'watching' ? [] : [api])))
    return rowsOf({ containers: this.#containers(), usages: this.#usages, histories: this.#histories, deaf, now: now() })
  }

  /** The engines that are selected. */
  engines(): EngineFacts[] {
    const { watcher, selection } = this.#sources
    const watchers = watcher.watchers.filter(({ type, api }) => selection.engine({ type, id: this.#idOf(api), api }))
    return engineFacts(watchers, this.#versions, this.#containers())
  }

  /** A container that has ended not long ago. */
  ended(key: string): Ended | undefined {
    return this.#ended.get(key)
  }

  [Symbol.dispose](): void {
    this.#isOver = true
    this.#stop()
  }

  /** Engines tell their id with their containers and events. */
  readonly #ids = new Map<string, string>()

  #idOf(api: string): string {
    return this.#ids.get(api) ?? ''
  }

  #containers(): Container[] {
    const { watcher, selection } = this.#sources
    return Array.from(watcher.portfolio, soundContainer).filter((container) => selection.container(container))
  }

  #take(told: readonly WatchEvent[]): void {
    const events = told.map(soundEvent)
    for (const event of events) {
      this.#ids.set(event.engine.api, event.engine.id)
      if (event.type === 'synced') this.#askVersion(event.engine.api)
      if (!isContainerEvent(event)) continue
      const key = containerKey(event.container)
      if (event.type === 'started') this.#ended.delete(key)
      if (event.type === 'exited')
        this.#remember(key, { container: event.container, exitCode: event.exitCode, history: this.#histories.of(key) })
    }
    this.#sources.changed(events)
  }

  #remember(key: string, ended: Ended): void {
    this.#ended.delete(key)
    this.#ended.set(key, ended)
    const [oldest] = this.#ended.keys()
    if (this.#ended.size > MOST_ENDED && oldest !== undefined) this.#ended.delete(oldest)
  }

  /** Another version may have taken its place. */
  #askVersion(api: string): void {
    const watcher = this.#sources.watcher.watchers.find((one) => one.api === api)
    void watcher?.version().then((version) => {
      if (this.#isOver || typeof version !== 'string' || this.#versions.get(api) === version) return
      this.#versions.set(api, version)
      this.#sources.changed([])
    })
  }
}
