/** A true picture of one engine's live containers, and what changes about it. */

import { TeuError, abortable, type Deferred, deferred, delay } from '@teu/spec'
import type { Cancellable, EngineClient } from '../engine-client.ts'
import { Broadcast, type EventOptions, type TypedEvent } from '../events/broadcast.ts'
import type { ConnectionEvent, ContainerEvent, WatchEvent } from '../events/watch-event.ts'
import { type Logger, silent } from '../logger.ts'
import { Picture } from '../picture/picture.ts'
import { Portfolio } from '../picture/portfolio.ts'
import type { EngineRef } from '../picture/container.ts'
import { type Backoff, exponentialBackoff, type Failure } from './backoff.ts'
import { LinkedAbort } from './pause.ts'
import { Session } from './session.ts'

/** Options of a {@link Watcher}. */
export interface WatchOptions {
  /** When to try again after a failure. Default: for ever, see {@link exponentialBackoff}. */
  readonly backoff?: Backoff | undefined
  /** Most inspections at the same time. Default 8. */
  readonly concurrency?: number | undefined
  /** Compare with a new list every so often, in milliseconds, for engines that lose events. `Infinity` for never. Default: what the engine
   *  needs, which is never for most, and 60 000 for CRI. */
  readonly resyncIntervalMs?: number | undefined
  /** Is told of what nobody waits for: failed inspections, listeners that throw. */
  readonly logger?: Logger | undefined
}

/** `idle`: not begun. `connecting`, `synchronizing` (the list is on its way), `watching` (complete and true), `backoff` (a pause before the
 *  next attempt), `closed`. */
export type WatcherState = 'idle' | 'connecting' | 'synchronizing' | 'watching' | 'backoff' | 'closed'

const DEFAULT_CONCURRENCY = 8

/** Watches one engine. The picture is kept while the engine cannot be heard, and put right by comparison when it is back. */
export class Watcher<C = unknown> implements AsyncDisposable {
  readonly engine: EngineClient<C>
  readonly #options: WatchOptions
  readonly #backoff: Backoff
  readonly #logger: Logger
  readonly #picture = new Picture()
  readonly #broadcast: Broadcast
  readonly #closing = new AbortController()
  #ready: Deferred<void> = deferred()
  #synced: Deferred<void> = deferred()
  /** Lists that were begun, and the one of them that the picture is as new as. */
  #lists = 0
  #truthOf = 0
  #portfolio: Portfolio | undefined
  #state: WatcherState = 'idle'
  #lastError: unknown
  #told: ConnectionEvent['type'] | undefined
  #engineId = ''
  #session: Session | undefined
  #running: Promise<void> | undefined
  #disposing: Promise<void> | undefined

  constructor(engine: EngineClient<C>, options: WatchOptions = {}) {
    const { concurrency = DEFAULT_CONCURRENCY, resyncIntervalMs } = options
    if (!(Number.isInteger(concurrency) && concurrency > 0))
      throw new RangeError(`Watcher: concurrency must be an integer > 0, got ${concurrency}`)
    if (resyncIntervalMs !== undefined && !(resyncIntervalMs > 0)) {
      throw new RangeError(`Watcher: resyncIntervalMs must be > 0, got ${resyncIntervalMs}`)
    }
    this.engine = engine
    this.#options = options
    this.#backoff = options.backoff ?? exponentialBackoff()
    this.#logger = options.logger ?? silent
    this.#broadcast = new Broadcast(this.#logger)
  }

  get type(): string {
    return this.engine.type
  }

  get api(): string {
    return this.engine.api
  }

  get pid(): number {
    return this.engine.pid
  }

  get client(): C {
    return this.engine.client
  }

  /** The engine's identifier, see {@link EngineClient.id}. */
  id(options?: Cancellable): Promise<string> {
    return this.engine.id(options)
  }

  /** The engine's version, see {@link EngineClient.version}. */
  version(options?: Cancellable): Promise<string> {
    return this.engine.version(options)
  }

  get state(): WatcherState {
    return this.#state
  }

  /** True when the engine tells of no events, and is asked instead, see {@link EngineClient.polling}. */
  get polling(): boolean {
    return this.engine.polling === true
  }

  /** Why the last attempt has failed; undefined again when the picture is true. */
  get lastError(): unknown {
    return this.#lastError
  }

  /** All live containers at this moment; from memory. */
  get portfolio(): Portfolio {
    this.#portfolio ??= new Portfolio(this.#picture.containers.values())
    return this.#portfolio
  }

  /** Watches until aborted, disposed, or given up by the backoff. The watcher is closed then.
   *  Rejects with the signal's reason, or with the error that made it give up; resolves when it was disposed.
   *  @throws {TeuError} ERR_TEU_INVALID_STATE when it is called twice */
  async watch(options: Cancellable = {}): Promise<void> {
    if (this.#state !== 'idle') {
      const message = `Cannot watch ${this.api}: the watcher has been started before`
      throw new TeuError('ERR_TEU_INVALID_STATE', message, { from: this.#state, to: 'connecting' })
    }
    this.#state = 'connecting'
    this.#running = this.#run(options.signal)
    await this.#running
  }

  /** Resolves with the first complete picture. Rejects when the watcher is closed before, or with the signal's reason. */
  ready(options: Cancellable = {}): Promise<void> {
    return abortable(this.#ready.promise, options.signal)
  }

  /** Compares with a new list, and resolves when the picture is true. A list that is on its way already does not count: another one follows.
   *  While the engine cannot be heard it waits until it can. */
  async refresh(options: Cancellable = {}): Promise<void> {
    const before = this.#lists
    this.#session?.wantList()
    do await abortable(this.#synced.promise, options.signal)
    while (this.#truthOf <= before)
  }

  /** The changes, from now on and, unless `replay` is false, from the beginning. Each call is a subscription of its own, before, during or
   *  after `watch()`. It ends when the watcher is closed; when it gave up, with its error. */
  events(options?: EventOptions): AsyncIterableIterator<WatchEvent> & AsyncDisposable {
    return this.#broadcast.subscribe(() => this.#known(), options)
  }

  /** Calls `listener` for each event of one type, at once. One that throws is logged.
   *  @returns  a function that stops it */
  on<T extends WatchEvent['type']>(type: T, listener: (event: TypedEvent<T>) => void): () => void {
    return this.#broadcast.on(type, listener)
  }

  /** Calls `listener` at once with events that belong together, such as the differences that a list has shown; `portfolio` has them all.
   *  @returns  a function that stops it */
  tap(listener: (events: readonly WatchEvent[]) => void): () => void {
    return this.#broadcast.tap(listener)
  }

  /** Stops watching, ends all subscriptions, and closes the connection to the engine. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#disposing ??= this.#dispose()
    return this.#disposing
  }

  async #dispose(): Promise<void> {
    this.#closing.abort()
    await this.#running?.catch(() => undefined)
    this.#close('done')
    await this.engine[Symbol.asyncDispose]()
  }

  async #run(signal: AbortSignal | undefined): Promise<void> {
    const abort = new LinkedAbort(signal, this.#closing.signal)
    try {
      for (let attempt = 1; !abort.signal.aborted; attempt++) {
        const healthyMs = await this.#attempt(abort.signal)
        if (abort.signal.aborted) break
        const pauseMs = this.#pauseMs({ attempt, error: this.#lastError, healthyMs })
        this.#state = 'backoff'
        await delay(pauseMs, abort.signal)
      }
      this.#close('done')
      if (!this.#closing.signal.aborted) throw signal?.reason
    } finally {
      abort[Symbol.dispose]()
    }
  }

  /** The pause before the next attempt.
   *  @throws the error that ends the watcher: the failure's when the backoff gives up, or what is wrong with the backoff */
  #pauseMs(failure: Failure): number {
    let { error } = failure
    try {
      const pauseMs = this.#backoff(failure)
      if (pauseMs !== undefined && pauseMs >= 0) return pauseMs
      if (pauseMs !== undefined) error = new RangeError(`Watcher: backoff must answer milliseconds >= 0, or undefined, got ${pauseMs}`)
    } catch (thrown) {
      error = thrown
    }
    this.#close({ error })
    throw error
  }

  /** One connection; answers how long it was in use with a complete picture. */
  async #attempt(signal: AbortSignal): Promise<number> {
    let syncedAt: number | undefined
    this.#state = 'connecting'
    this.#session = new Session(
      {
        engine: this.engine,
        picture: this.#picture,
        changed: (changes) => this.#changed(changes),
        identified: (id) => (this.#engineId = id),
        subscribed: () => (this.#state = 'synchronizing'),
        listing: () => this.#lists++,
        synced: () => {
          syncedAt ??= performance.now()
          this.#nowTrue()
        },
        concurrency: this.#options.concurrency ?? DEFAULT_CONCURRENCY,
        resyncIntervalMs: this.#options.resyncIntervalMs ?? this.engine.resyncIntervalMs,
        logger: this.#logger,
      },
      signal,
    )
    try {
      await this.#session.run()
    } catch (error) {
      if (!signal.aborted) this.#nowBlind(error)
    } finally {
      this.#session = undefined
    }
    return syncedAt === undefined ? 0 : performance.now() - syncedAt
  }

  #changed(changes: readonly ContainerEvent[]): void {
    if (changes.length === 0) return
    this.#portfolio = undefined
    this.#broadcast.publish(changes)
  }

  #nowTrue(): void {
    this.#state = 'watching'
    this.#lastError = undefined
    this.#told = 'synced'
    this.#broadcast.publish([this.#connectionEvent('synced')])
    this.#truthOf = this.#lists
    this.#ready.resolve()
    this.#synced.resolve()
    this.#synced = deferred()
  }

  /** Subscribers are told once, however many attempts fail. */
  #nowBlind(error: unknown): void {
    this.#lastError = error
    this.#state = 'backoff'
    if (this.#told === 'lost') return
    this.#told = 'lost'
    this.#broadcast.publish([this.#connectionEvent('lost', error)])
  }

  #connectionEvent(type: ConnectionEvent['type'], error?: unknown): ConnectionEvent {
    return { type, engine: this.#ref(), timestamp: new Date(), source: 'sync', error }
  }

  #ref(): EngineRef {
    return { type: this.type, id: this.#engineId, api: this.api, pid: this.pid }
  }

  /** What a new subscriber is told first. */
  #known(): WatchEvent[] {
    const timestamp = new Date()
    const events = [...this.#picture.containers.values()].map((container): WatchEvent => {
      return { type: 'started', container, previous: undefined, engine: container.engine, timestamp, source: 'sync', exitCode: undefined }
    })
    if (this.#told !== undefined) events.push(this.#connectionEvent(this.#told, this.#lastError))
    return events
  }

  #close(ending: { readonly error: unknown } | 'done'): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    const reason = ending === 'done' ? new TeuError('ERR_TEU_INVALID_STATE', `The watcher of ${this.api} is closed`) : ending.error
    this.#ready.reject(reason)
    this.#synced.reject(reason)
    this.#broadcast.end(ending)
  }
}
