/** What happens: events of the server and wishes of the user change the state, and the page is drawn once for each frame. */

import type { WireChanges, WireDetails, WireSnapshot } from '../web/wire.ts'
import type { AppProps } from './app.ts'
import type { ConnectionListener, ConnectionState } from './connection.ts'
import { Model, type Row } from './model.ts'
import type { Actions, PageState } from './page-state.ts'
import { Past } from './past.ts'
import { Selection } from './selection.ts'

/** What the controller needs of the browser. */
export interface Surroundings {
  draw(props: AppProps): void
  /** Calls it before the next frame; never while nobody can see the page. */
  onFrame(callback: () => void): void
  /** Calls it after so many milliseconds. */
  later(ms: number, callback: () => void): void
  /** Undefined when the container has ended, or the server cannot be reached. */
  fetchDetails(n: number): Promise<WireDetails | undefined>
}

const REST_MS = 150
const NOTHING_KNOWN = { labels: [], moreLabels: 0, history: { at: [], cpu: [], memory: [], pids: [] } }

/** See the head of this file. */
export class Controller implements ConnectionListener, Actions {
  readonly #surroundings: Surroundings
  readonly #selection = new Selection()
  #state: PageState
  /** The one that is open, as it was last. */
  #open: Row | undefined
  #isDrawing = false
  /** How many containers were opened so far, and whether one was opened just now. */
  #choices = 0
  #isResting = false

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings
    this.#state = {
      model: new Model(),
      connection: 'connecting',
      filter: '',
      engine: undefined,
      project: undefined,
      sort: { column: 'project', isDescending: false },
      cursor: undefined,
      chosen: undefined,
      past: undefined,
      spanMs: new Model().historyMs,
      isHelpOpen: false,
    }
    this.#change({})
  }

  get state(): PageState {
    return this.#state
  }

  snapshot(snapshot: WireSnapshot): void {
    const { model, spanMs } = this.#state
    model.takeSnapshot(snapshot)
    this.#change({ spanMs: Math.min(spanMs, snapshot.historyMs) })
    // Its past has a gap where the connection had one.
    this.#openPast(true)
  }

  changes(changes: WireChanges): void {
    const { model } = this.#state
    model.takeChanges(changes)
    if (!this.#isResting) this.#openPast(false)
    const { past } = this.#state
    const row = past === undefined ? undefined : model.rows.get(past.n)
    if (changes.sample !== undefined && row !== undefined) {
      const [, cpu, memory, , pids] = row.reading
      past?.add({ at: changes.sample.at, cpu, memory, pids })
    }
    this.#change({})
  }

  connected(connection: ConnectionState): void {
    if (connection !== this.#state.connection) this.#change({ connection })
  }

  set(change: Partial<PageState>): void {
    this.#change(change)
  }

  choose(key: string | undefined): void {
    if (key === this.#state.chosen) return
    this.#open = undefined
    this.#change({ chosen: key, past: undefined, ...(key !== undefined && { cursor: key }) })
    // Whoever runs through the list with the arrow keys wants to see where they stop.
    this.#choices++
    const choice = this.#choices
    if (this.#isResting) return
    this.#isResting = true
    this.#openPast(false)
    this.#surroundings.later(REST_MS, () => this.#rested(choice))
  }

  moveCursor(step: number): void {
    const { model, cursor, chosen } = this.#state
    const rows = this.#selection.of(model, this.#state)
    if (rows.length === 0) return
    const index = rows.findIndex(({ key }) => key === cursor)
    // Without a cursor the first step leads to an end.
    const wanted = index >= 0 ? index + step : step === Infinity ? rows.length : 0
    const next = rows[Math.min(rows.length - 1, Math.max(0, wanted))]
    this.#change({ cursor: next?.key })
    if (chosen !== undefined) this.choose(next?.key)
  }

  openCursor(): void {
    const { model, cursor } = this.#state
    if (model.byKey(cursor) !== undefined) this.choose(cursor)
  }

  #rested(choice: number): void {
    const newest = this.#choices
    if (newest !== choice) return this.#surroundings.later(REST_MS, () => this.#rested(newest))
    this.#isResting = false
    this.#openPast(false)
  }

  /** Also under another number, when the container has been restarted. */
  #openPast(isAnew: boolean): void {
    const { model, chosen, past } = this.#state
    const row = model.byKey(chosen)
    if (row === undefined || (past?.n === row.container.n && !isAnew)) return
    const next = new Past(row.container.n, model.historyMs)
    this.#change({ past: next })
    void this.#surroundings.fetchDetails(next.n).then((details) => {
      next.complete(details ?? NOTHING_KNOWN)
      this.#change({})
    })
  }

  #change(change: Partial<PageState>): void {
    this.#state = { ...this.#state, ...change }
    if (this.#isDrawing) return
    this.#isDrawing = true
    this.#surroundings.onFrame(() => {
      this.#isDrawing = false
      this.#draw()
    })
  }

  #draw(): void {
    const { model, chosen } = this.#state
    this.#open = chosen === undefined ? undefined : (model.byKey(chosen) ?? this.#open)
    this.#surroundings.draw({ state: this.#state, rows: this.#selection.of(model, this.#state), open: this.#open, actions: this })
  }
}
