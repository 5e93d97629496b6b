/** One connection to an engine, from subscribing to its loss: events, lists and inspections, fed into the picture. */

import { TeuError, delay } from '@teu/spec'
import type { EngineClient, EngineEvent } from '../engine-client.ts'
import { NotAliveError } from '../engine-client.ts'
import type { ContainerEvent, EventSource } from '../events/watch-event.ts'
import type { Logger } from '../logger.ts'
import type { Container } from '../picture/container.ts'
import type { Exit } from '../picture/exits.ts'
import type { Picture } from '../picture/picture.ts'
import { mapBounded } from './bounded.ts'
import { Inspections, isGone } from './inspections.ts'
import { aborted, LinkedAbort } from './pause.ts'

/** What a session needs. */
export interface SessionOptions {
  readonly engine: EngineClient
  readonly picture: Picture
  /** Takes changes; those of a list come together. */
  readonly changed: (changes: readonly ContainerEvent[]) => void
  /** The engine answers; its identifier, see {@link EngineClient.id}. */
  readonly identified: (engineId: string) => void
  readonly subscribed: () => void
  /** A list is asked for from now on. */
  readonly listing: () => void
  /** The picture is complete and true, after the first list and after each further one. */
  readonly synced: () => void
  readonly concurrency: number
  readonly resyncIntervalMs: number | undefined
  readonly logger: Logger
}

/** A timer that is set to more fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** A list that is being completed. */
interface GrowingListing {
  readonly containers: Container[]
  readonly unknown: Set<string>
  readonly exitCodes: Map<string, number>
}

/** Perhaps a container has ended. */
interface Doubt {
  readonly exit: Exit
  readonly source: EventSource
}

/** See the head of this file. */
export class Session {
  readonly #options: SessionOptions
  readonly #abort: LinkedAbort
  readonly #inspections: Inspections
  /** Exits that may be those of earlier processes, and what a list left open: believed when an inspection finds nothing. */
  readonly #doubts = new Map<string, Doubt>()
  #nextList: LinkedAbort | undefined
  #listWanted = false

  constructor(options: SessionOptions, signal: AbortSignal) {
    this.#options = options
    this.#abort = new LinkedAbort(signal)
    this.#inspections = new Inspections({
      inspect: (id) => options.engine.inspect(id, { signal: this.#abort.signal, byId: true }),
      found: (container, timestamp) => this.#found(container, timestamp),
      notFound: (id, error) => this.#notFound(id, error),
      failed: (id, error) => options.logger.warn({ containerId: id, err: error }, 'cannot inspect a container, will try again'),
      concurrency: options.concurrency,
      signal: this.#abort.signal,
    })
  }

  /** Lists again, as soon as possible. */
  wantList(): void {
    this.#listWanted = true
    this.#nextList?.abort(undefined)
  }

  /** Runs until the connection is lost or a list fails, and rejects with that; when the signal is aborted, with its reason. When it
   *  settles, nothing of it is under way any more. */
  async run(): Promise<never> {
    const { engine, picture, subscribed } = this.#options
    const { signal } = this.#abort
    const tasks: Promise<never>[] = []
    try {
      await engine.attempt?.({ signal })
      this.#options.identified(await engine.id({ signal }))
      // Subscribing first: whatever happens from now on comes as an event, whatever happened before is in the list.
      const events = await engine.lifecycleEvents({ signal })
      subscribed()
      picture.beginList()
      tasks.push(this.#followEvents(events), this.#keepListing(engine.unsureForMs))
      return await Promise.race(tasks)
    } finally {
      this.#abort.abort(new TeuError('ERR_TEU_SYSTEM', `The connection to ${engine.api} is given up`))
      await Promise.allSettled(tasks)
      await this.#inspections.settled()
      picture.abandon()
      this.#abort[Symbol.dispose]()
    }
  }

  async #followEvents(events: AsyncIterable<EngineEvent>): Promise<never> {
    for await (const event of events) this.#handle(event)
    throw new TeuError('ERR_TEU_SYSTEM', `The events of ${this.#options.engine.api} have come to an end`)
  }

  /** @param unsureForMs  see EngineClient */
  async #keepListing(unsureForMs: number | undefined): Promise<never> {
    if (unsureForMs !== undefined) void delay(unsureForMs, this.#abort.signal).then(() => this.wantList())
    for (;;) {
      this.#listWanted = false
      this.#options.listing()
      await this.#list()
      await this.#untilNextList()
      this.#options.picture.beginList()
    }
  }

  async #list(): Promise<void> {
    const { engine, picture } = this.#options
    const unknown = new Set<string>()
    const containers = [...(await engine.list({ signal: this.#abort.signal, unknown: (id) => unknown.add(id) }))]
    const exitCodes = new Map<string, number>()
    await this.#lookForMissing(picture.missing({ containers, unknown }), { containers, unknown, exitCodes })
    const timestamp = new Date()
    const listing = { containers, unknown, exitCodes, timestamp }
    const { changes, doubtful } = picture.endList(listing, (id) => this.#inspections.has(id))
    this.#options.changed(changes)
    for (const id of doubtful) this.#doubt(id, { timestamp })
    for (const id of unknown) {
      if (!this.#doubts.has(id)) this.#doubts.set(id, { exit: { timestamp }, source: 'sync' })
      this.#inspections.requestLater(id, timestamp)
    }
    this.#options.synced()
  }

  /** What the engine still knows of those that ended while nobody listened. Whatever is alive, or of which the engine cannot tell, goes into
   *  the list: it may have been left out because its state could not be read. */
  async #lookForMissing(ids: readonly string[], listing: GrowingListing): Promise<void> {
    const { engine, concurrency } = this.#options
    await mapBounded(ids, concurrency, async (id) => {
      try {
        listing.containers.push(await engine.inspect(id, { signal: this.#abort.signal, byId: true }))
      } catch (error) {
        if (!isGone(error)) listing.unknown.add(id)
        else if (error instanceof NotAliveError && error.exitCode !== undefined) listing.exitCodes.set(id, error.exitCode)
      }
    })
    this.#abort.signal.throwIfAborted()
  }

  async #untilNextList(): Promise<void> {
    const { resyncIntervalMs } = this.#options
    const wake = new LinkedAbort(this.#abort.signal)
    this.#nextList = wake
    if (this.#listWanted) wake.abort(undefined)
    const isNever = resyncIntervalMs === undefined || resyncIntervalMs > MAX_TIMER_MS
    await (isNever ? aborted(wake.signal) : delay(resyncIntervalMs, wake.signal))
    wake[Symbol.dispose]()
    this.#nextList = undefined
    this.#abort.signal.throwIfAborted()
  }

  #handle(event: EngineEvent): void {
    const { picture, changed } = this.#options
    const { id, type, timestamp } = event
    if (type === 'started') this.#inspect(id, timestamp)
    else if (type === 'updated') {
      // Before the end of a list, a container that is not known yet may have been listed as it was before the change.
      const known = picture.containers.has(id) || picture.listing || this.#inspections.has(id)
      if (known) this.#inspect(id, timestamp)
    } else if (type === 'exited') this.#exited(id, event)
    else {
      const changes = picture.pausedOrNot(id, type === 'paused', timestamp, this.#inspections.has(id))
      if (changes === undefined) this.wantList()
      else changed(changes)
      this.#inspections.hurry(id)
    }
  }

  #exited(id: string, exit: Exit): void {
    const { verdict, changes } = this.#options.picture.exited(id, exit)
    this.#inspections.repeat(id)
    this.#options.changed(changes)
    if (verdict === 'doubtful') this.#doubt(id, exit)
  }

  #doubt(id: string, exit: Exit): void {
    if (this.#inspect(id, exit.timestamp)) this.#doubts.set(id, { exit, source: 'event' })
  }

  /** When too many wait already, a list has to tell what has become of the container.
   *  @returns  false when it was not accepted */
  #inspect(id: string, timestamp: Date): boolean {
    const isAccepted = this.#inspections.request(id, timestamp)
    if (!isAccepted) this.wantList()
    return isAccepted
  }

  #found(container: Container, timestamp: Date): void {
    this.#doubts.delete(container.id)
    this.#options.changed(this.#options.picture.inspected(container, timestamp))
  }

  #notFound(id: string, error: unknown): void {
    const { picture, changed } = this.#options
    picture.notFound(id)
    const doubt = this.#doubts.get(id)
    if (doubt === undefined) return
    this.#doubts.delete(id)
    const exitCode = doubt.exit.exitCode ?? (error instanceof NotAliveError ? error.exitCode : undefined)
    changed(picture.gone(id, { ...doubt.exit, exitCode }, doubt.source))
  }
}
