/** One engine of the merged view. */

import type { Trust } from '../discovery/trust.ts'
import type { WatchEvent } from '../events/watch-event.ts'
import type { EngineRef } from '../picture/container.ts'
import { Portfolio } from '../picture/portfolio.ts'
import { type Deferred, deferred } from '../watcher/pause.ts'
import type { Watcher } from '../watcher/watcher.ts'
import type { Identity } from './twins.ts'

/** See the head of this file. */
export class Member {
  readonly watcher: Watcher
  /** Its containers and events are in the view. Not before it is known that the engine is not in the view under another address. */
  admitted = false
  /** Its part of the view: what followers have been told of, no more. */
  portfolio: Portfolio = new Portfolio([])
  readonly trust: Trust
  readonly #heard: Deferred<void> = deferred()
  #engine: EngineRef | undefined
  /** The newest about its connection. */
  #connection: WatchEvent | undefined

  /** @param trust  see FoundEngine */
  constructor(watcher: Watcher, trust: Trust) {
    this.watcher = watcher
    this.trust = trust
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

  /** Its socket was in the mount namespace of a process that has ended. */
  hasVanished(addresses: ReadonlySet<string>): boolean {
    return this.trust === 'foreign' && this.watcher.state !== 'watching' && !addresses.has(this.watcher.api)
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

  leave(): void {
    this.#heard.resolve()
  }
}
