/** All engines in one view: one portfolio, one order of events. */

import { TeuError, abortable, type Deferred, deferred, delay } from '@teu/spec'
import { dockerEndpoint, type Environment } from '../address/docker-environment.ts'
import { type FindOptions, type FoundEngine, lookForEngines } from '../discovery/find-engines.ts'
import type { Cancellable, EngineClient } from '../engine-client.ts'
import { Broadcast, type EventOptions, type TypedEvent } from '../events/broadcast.ts'
import { type ContainerFilter, matcherFor } from '../events/filter.ts'
import type { WatchEvent } from '../events/watch-event.ts'
import { silent } from '../logger.ts'
import { Portfolio } from '../picture/portfolio.ts'
import type { OpenOptions } from '../source.ts'
import { configuredEngine, fitting, openEngine } from '../watch.ts'
import type { Backoff } from '../watcher/backoff.ts'
import { LinkedAbort } from '../watcher/pause.ts'
import { Watcher, type WatchOptions } from '../watcher/watcher.ts'
import { Member, type Place } from './member.ts'
import { superfluous } from './twins.ts'

/** Options of {@link watchAll}. Each engine gets those that fit its address and kind: `tls` is for tcp:// only. */
export interface WatchAllOptions extends Omit<WatchOptions, 'backoff'>, Omit<OpenOptions, 'pid'>, Cancellable {
  /** Engines to watch: addresses, or clients, which are disposed with the view. Default: those that are found. */
  readonly engines?: readonly (string | EngineClient)[] | undefined
  /** Look for engines on this machine. Default: when none are given. */
  readonly discover?: boolean | undefined
  /** How often to look for new ones; the kernel does not tell of sockets in other mount namespaces. Default 10 000, `Infinity` for once. */
  readonly discoverIntervalMs?: number | undefined
  /** Variables that say what the docker command is to talk to, which is watched too when engines are looked for; see dockerEndpoint().
   *  Default `process.env`; `{}` to do without. */
  readonly env?: Environment | undefined
  /** Where to look, for tests. */
  readonly find?: Omit<FindOptions, 'signal'> | undefined
  /** Each engine gets a backoff of its own. */
  readonly newBackoff?: (() => Backoff) | undefined
}

const HOST: Place = { trust: 'host' }

const DISCOVER_INTERVAL_MS = 10_000

/** How long ready() waits for strangers. */
const PATIENCE_MS = 2_000

/** See the head of this file. Events of one engine come in its order; between engines the order is that in which they were heard, the same
 *  for every subscriber. A loop over the object itself closes it at its end; `events()` does not. */
export class MergedWatcher implements AsyncDisposable, AsyncIterable<WatchEvent> {
  readonly #options: WatchAllOptions
  readonly #broadcast: Broadcast
  readonly #members = new Map<string, Member>()
  /** Addresses of engines that are watched at another address already. */
  readonly #twins = new Map<string, Member>()
  readonly #closing = new LinkedAbort()
  readonly #leaving = new Set<Promise<void>>()
  readonly #ready: Deferred<void> = deferred()
  /** Engines that are known by the names of their sockets have been found. */
  readonly #named: Deferred<void> = deferred()
  #discovering: Promise<void> | undefined
  #ending: Promise<void> | undefined
  #portfolio: Portfolio | undefined
  readonly #running: Promise<void>

  constructor(options: WatchAllOptions = {}) {
    const { discoverIntervalMs = DISCOVER_INTERVAL_MS, signal } = options
    if (!(discoverIntervalMs > 0)) throw new RangeError(`watchAll(): discoverIntervalMs must be > 0, got ${discoverIntervalMs}`)
    this.#options = options
    this.#broadcast = new Broadcast(options.logger ?? silent)
    const clients = openAll(options)
    if (signal?.aborted === true) this.#close()
    else signal?.addEventListener('abort', this.#abort, { once: true })
    for (const client of clients) this.#add(client, HOST)
    this.#running = this.#run(options.discover ?? options.engines === undefined, discoverIntervalMs)
    if (signal?.aborted === true) this.#abort()
  }

  /** The watchers of all engines. */
  get watchers(): Watcher[] {
    return [...this.#members.values()].map(({ watcher }) => watcher)
  }

  /** All live containers of all engines at this moment. Names may be found twice; see {@link Portfolio.container}. */
  get portfolio(): Portfolio {
    this.#portfolio ??= new Portfolio(this.#admitted().flatMap(({ portfolio }) => [...portfolio]))
    return this.#portfolio
  }

  /** The live containers that a filter lets through. */
  snapshot(filter?: ContainerFilter): Portfolio {
    const matcher = matcherFor(filter)
    return new Portfolio([...this.portfolio].filter((container) => matcher.container(container)))
  }

  /** Resolves when each engine that was given or configured, and each at a usual socket of this machine, was listed or could not be
   *  reached. For all others, those of users and of other mount namespaces and those that have to be asked what they are, it waits as well,
   *  but no longer than two seconds; they come into the view when they are heard. */
  ready(options: Cancellable = {}): Promise<void> {
    return abortable(this.#ready.promise, options.signal)
  }

  /** Looks for engines now. */
  async discover(): Promise<void> {
    this.#discovering ??= this.#discover().finally(() => (this.#discovering = undefined))
    await this.#discovering
  }

  /** As {@link Watcher.events}, of all engines. */
  events(options?: EventOptions): AsyncIterableIterator<WatchEvent> & AsyncDisposable {
    return this.#broadcast.subscribe(() => this.#admitted().flatMap((member) => member.known()), options)
  }

  /** As {@link Watcher.on}. */
  on<T extends WatchEvent['type']>(type: T, listener: (event: TypedEvent<T>) => void): () => void {
    return this.#broadcast.on(type, listener)
  }

  /** As {@link Watcher.tap}; events of different engines never come together. */
  tap(listener: (events: readonly WatchEvent[]) => void): () => void {
    return this.#broadcast.tap(listener)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<WatchEvent> {
    try {
      yield* this.events()
    } finally {
      await this[Symbol.asyncDispose]()
    }
  }

  /** Ends everything, and closes all connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end()
    this.#members.clear()
  }

  /** Whoever aborts the signal need not dispose it. How it ends is told by ready(), events() and the disposal. */
  readonly #abort = (): void => void this.#end().catch(() => undefined)

  #end(): Promise<void> {
    this.#close()
    this.#ending ??= this.#closeMembers()
    return this.#ending
  }

  async #closeMembers(): Promise<void> {
    await this.#running
    await Promise.all([...this.#members.values()].map((member) => member.close()))
    await Promise.all(this.#leaving)
  }

  #close(): void {
    this.#closing.abort(new TeuError('ERR_TEU_INVALID_STATE', 'The view of all engines is closed'))
    this.#options.signal?.removeEventListener('abort', this.#abort)
    this.#broadcast.end('done')
    this.#ready.reject(new TeuError('ERR_TEU_INVALID_STATE', 'The view of all engines is closed'))
  }

  async #run(discover: boolean, intervalMs: number): Promise<void> {
    const { signal } = this.#closing
    if (discover) this.#addConfigured()
    const looked = discover ? this.discover() : Promise.resolve()
    void this.#becomeReady(looked)
    await looked
    if (!discover || intervalMs === Infinity) return
    for (;;) {
      await delay(intervalMs, signal)
      if (signal.aborted) return
      await this.discover()
    }
  }

  async #becomeReady(looked: Promise<void>): Promise<void> {
    const heard = (members: Iterable<Member>): Promise<unknown> => Promise.all(Array.from(members, (member) => member.heard))
    await Promise.race([looked, this.#named.promise])
    const patience = new LinkedAbort(this.#closing.signal)
    const everybody = looked.then(() => heard(this.#members.values()))
    await Promise.race([everybody, delay(PATIENCE_MS, patience.signal)])
    patience.abort(undefined)
    patience[Symbol.dispose]()
    await heard([...this.#members.values()].filter(({ trust }) => trust === 'host'))
    this.#ready.resolve()
  }

  #addConfigured(): void {
    try {
      const { env } = this.#options
      const endpoint = dockerEndpoint(env)
      const engine = endpoint && configuredEngine(fitting(endpoint.address, this.#options), env)
      if (engine !== undefined) this.#add(engine, HOST)
    } catch (error) {
      // The other engines have nothing to do with docker's configuration.
      this.#options.logger?.warn({ err: error }, 'cannot watch the engine that docker is configured for')
    }
  }

  async #discover(): Promise<void> {
    const { signal } = this.#closing
    try {
      // An engine of another mount namespace is found by another address when the process that led to it has ended.
      const before = await this.#sockets()
      const seen = new Set<string>()
      const namespaces = await lookForEngines({ ...this.#options.find, signal }, (found) => {
        if (signal.aborted) return
        for (const engine of found) {
          seen.add(engine.socket)
          if (!before.has(engine.socket) && !this.#twins.has(engine.address)) this.#addFound(engine)
        }
        this.#named.resolve()
      })
      for (const [socket, member] of await this.#sockets()) if (member.hasVanished(namespaces, seen.has(socket))) this.#remove(member)
    } catch (error) {
      if (!signal.aborted) this.#options.logger?.warn({ err: error }, 'cannot look for engines')
    }
  }

  /** The members by their sockets; those without one, each by a name of its own. */
  async #sockets(): Promise<Map<string, Member>> {
    const members = [...this.#members.values()]
    return new Map(await Promise.all(members.map(async (one) => [(await one.socket()) ?? one.watcher.api, one] as const)))
  }

  #addFound({ source, address, pid, ...place }: FoundEngine): void {
    try {
      this.#add(source.open(address, { ...fitting(address, this.#options), pid }), place)
    } catch (error) {
      this.#options.logger?.warn({ err: error }, `cannot watch ${address}`)
    }
  }

  #add(engine: EngineClient, place: Place): void {
    if (this.#members.has(engine.api)) return
    const watcher = new Watcher(engine, { ...this.#options, backoff: this.#options.newBackoff?.() })
    const member = new Member(watcher, place)
    this.#members.set(engine.api, member)
    watcher.tap((events) => this.#receive(member, events))
    watcher.watch({ signal: this.#closing.signal }).catch(() => {
      // Given up by its backoff, after it has said that it is lost.
      if (!this.#closing.signal.aborted) this.#remove(member)
    })
  }

  #receive(member: Member, events: readonly WatchEvent[]): void {
    // One that has left may have something to say until it is closed.
    if (this.#members.get(member.watcher.api) !== member) return
    const identity = member.identity(events[0]?.engine)
    for (const other of this.#admitted()) {
      const verdict = other === member ? undefined : superfluous(identity, other.identity())
      if (verdict === 'newcomer') return this.#dropTwin(member, other)
      if (verdict === 'other') this.#dropTwin(other, member)
    }
    member.admitted = true
    member.note(events)
    this.#portfolio = undefined
    this.#broadcast.publish(events)
  }

  /** It is not added again as long as the other one is there. */
  #dropTwin(twin: Member, kept: Member): void {
    this.#remove(twin)
    this.#twins.set(twin.watcher.api, kept)
  }

  /** Whoever has followed the events must not keep containers that nobody watches any more. */
  #remove(member: Member): void {
    this.#members.delete(member.watcher.api)
    for (const [address, twin] of this.#twins) if (twin === member) this.#twins.delete(address)
    this.#portfolio = undefined
    if (member.admitted) this.#broadcast.publish(member.farewell())
    const leaving = member.close().finally(() => this.#leaving.delete(leaving))
    this.#leaving.add(leaving)
  }

  #admitted(): Member[] {
    return [...this.#members.values()].filter(({ admitted }) => admitted)
  }
}

/** Clients of the engines that were given, each once. By its address an engine is known, in events and in names of containers.
 *  @throws {TeuError} ERR_TEU_USAGE for two different clients of one address; see {@link openEngine} for others */
function openAll(options: WatchAllOptions): Iterable<EngineClient> {
  const given = new Map<string, { readonly client: EngineClient; readonly isOpened: boolean }>()
  for (const one of options.engines ?? []) {
    const isOpened = typeof one === 'string'
    const client = isOpened ? openEngine(one, fitting(one, options)) : one
    const other = given.get(client.api)
    if (other === undefined) given.set(client.api, { client, isOpened })
    else if (other.client !== client && !(isOpened && other.isOpened)) {
      throw new TeuError('ERR_TEU_USAGE', `Cannot watch ${client.api} twice in one view: by its address an engine is known there`, {
        remedy: 'give one of its clients to watch()',
      })
    }
  }
  return Array.from(given.values(), ({ client }) => client)
}

/** Watches all engines of this machine, or those that are given, those that come later too.
 *  `for await (const event of watchAll({ signal }))` ends, without an error, when the signal is aborted and everything is closed.
 *  @throws {TeuError} ERR_TEU_USAGE, ERR_TEU_UNSUPPORTED for addresses in `engines`, see {@link watch}; ERR_TEU_USAGE for two clients of one
 *    address */
export function watchAll(options?: WatchAllOptions): MergedWatcher {
  return new MergedWatcher(options)
}
