/** One engine of the merged view. */

import { type Deferred, deferred } from '@teu/spec'
import { ForeignSocket, isForeign } from '../discovery/foreign-socket.ts'
import { socketOf } from '../discovery/socket-identity.ts'
import type { Trust } from '../discovery/trust.ts'
import type { WatchEvent } from '../events/watch-event.ts'
import type { EngineRef } from '../picture/container.ts'
import { Portfolio } from '../picture/portfolio.ts'
import type { Watcher } from '../watcher/watcher.ts'
import type { Identity } from './twins.ts'

/** Where an engine was found, see FoundEngine. */
export interface Place {
  readonly trust: Trust
  readonly mountNamespace?: string | undefined
}

/** See the head of this file. */
export class Member {
  readonly watcher: Watcher
  /** Its containers and events are in the view. Not before it is known that the engine is not in the view under another address. */
  admitted = false
  /** Its part of the view: what followers have been told of, no more. */
  portfolio: Portfolio = new Portfolio([])
  readonly trust: Trust
  readonly #mountNamespace: string
  /** Leads to its socket, also when the process has ended that its address names. */
  readonly #foreign: ForeignSocket | undefined
  readonly #heard: Deferred<void> = deferred()
  #engine: EngineRef | undefined
  /** The newest about its connection. */
  #connection: WatchEvent | undefined

  constructor(watcher: Watcher, { trust, mountNamespace = '' }: Place) {
    this.watcher = watcher
    this.trust = trust
    this.#mountNamespace = mountNamespace
    const path = watcher.api.replace(/^unix:\/\//, '')
    this.#foreign = trust === 'foreign' && isForeign(path) ? new ForeignSocket(path) : undefined
    // Opens its way in as long as there is one.
    void this.socket()
  }

  /** Its socket at this moment, as FoundEngine has it; undefined when there is none. */
  socket(): Promise<string | undefined> {
    return this.#foreign === undefined ? socketOf(this.watcher.api) : this.#foreign.identity()
  }

  /** Resolves when the engine has been listed, or could not be reached, or has left. */
  get heard(): Promise<void> {
    return this.#heard.promise
  }

  /** What tells it from others; `engine` is what it says of itself now. */
  identity(engine: EngineRef | undefined = this.#engine): Identity {
    const { trust, watcher } = this
    return { trust, pid: watcher.pid, engine, idOfHost: watcher.engine.idOfHost === true }
  }

  /** It was in a mount namespace that has gone. That the process has ended by which it was found says nothing: others may live there.
   *  @param namespaces  those that are there
   *  @param isSeen  its socket was found, at whatever address */
  hasVanished(namespaces: ReadonlySet<string>, isSeen: boolean): boolean {
    return this.trust === 'foreign' && this.watcher.state !== 'watching' && !isSeen && !namespaces.has(this.#mountNamespace)
  }

  /** Takes note of events that come into the view now. */
  note(events: readonly WatchEvent[]): void {
    this.portfolio = this.watcher.portfolio
    for (const event of events) {
      this.#engine = event.engine
      if (event.type !== 'lost' && event.type !== 'synced') continue
      this.#connection = event
      this.#heard.resolve()
    }
  }

  /** What a new subscriber is told first. */
  known(): WatchEvent[] {
    const timestamp = new Date()
    const events = [...this.portfolio].map((container): WatchEvent => {
      return { type: 'started', container, previous: undefined, engine: container.engine, timestamp, source: 'sync', exitCode: undefined }
    })
    return this.#connection === undefined ? events : [...events, this.#connection]
  }

  /** What everybody is told when it leaves. */
  farewell(): WatchEvent[] {
    const timestamp = new Date()
    return [...this.portfolio].map((container): WatchEvent => {
      return { type: 'exited', container, previous: undefined, engine: container.engine, timestamp, source: 'sync', exitCode: undefined }
    })
  }

  /** Ends it, and closes its connections. */
  async close(): Promise<void> {
    this.#heard.resolve()
    await this.watcher[Symbol.asyncDispose]()
    await this.#foreign?.[Symbol.asyncDispose]()
  }
}
