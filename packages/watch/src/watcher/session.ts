/** One connection to an engine, from subscribing to its loss: events, lists and inspections, fed into the picture. */

import { TeuError } from '@teu/spec'
import type { EngineClient, EngineEvent } from '../engine-client.ts'
import { NotAliveError } from '../engine-client.ts'
import type { ContainerEvent } from '../events/watch-event.ts'
import type { Logger } from '../logger.ts'
import type { Container } from '../picture/container.ts'
import type { Exit, Picture } from '../picture/picture.ts'
import { mapBounded } from './bounded.ts'
import { Inspections } from './inspections.ts'
import { aborted, LinkedAbort, pauseFor } from './pause.ts'

/** What a session needs. */
export interface SessionOptions {
  readonly engine: EngineClient
  readonly picture: Picture
  /** Takes changes; those of a list come together. */
  readonly changed: (changes: readonly ContainerEvent[]) => void
  /** The engine answers; its identifier, see {@link EngineClient.id}. */
  readonly identified: (engineId: string) => void
  readonly subscribed: () => void
  /** The picture is complete and true, after the first list and after each further one. */
  readonly synced: () => void
  readonly concurrency: number
  readonly resyncIntervalMs: number | undefined
  readonly logger: Logger
}

/** A timer that is set to more fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** See the head of this file. */
export class Session {
  readonly #options: SessionOptions
  readonly #abort: LinkedAbort
  readonly #inspections: Inspections
  /** Exits that may be those of earlier processes: believed when an inspection finds nothing. */
  readonly #doubts = new Map<string, Exit>()
  #nextList: LinkedAbort | undefined
  #listWanted = false

  constructor(options: SessionOptions, signal: AbortSignal) {
    this.#options = options
    this.#abort = new LinkedAbort(signal)
    this.#inspections = new Inspections({
      inspect: (id) => options.engine.inspect(id, { signal: this.#abort.signal }),
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
      tasks.push(this.#followEvents(events), this.#keepListing())
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

  async #keepListing(): Promise<never> {
    for (;;) {
      this.#listWanted = false
      await this.#list()
      await this.#untilNextList()
      this.#options.picture.beginList()
    }
  }

  async #list(): Promise<void> {
    const { engine, picture } = this.#options
    const listed = await engine.list({ signal: this.#abort.signal })
    const exitCodes = await this.#exitCodes(picture.missing(listed))
    const now = new Date()
    const { changes, doubtful } = picture.endList(listed, now, (id) => this.#inspections.has(id), exitCodes)
    this.#options.changed(changes)
    for (const id of doubtful) this.#doubt(id, { timestamp: now })
    this.#options.synced()
  }

  /** What the engine still knows of those that ended while nobody listened. */
  async #exitCodes(ids: readonly string[]): Promise<Map<string, number>> {
    const { engine, concurrency } = this.#options
    const codes = new Map<string, number>()
    await mapBounded(ids, concurrency, async (id) => {
      try {
        await engine.inspect(id, { signal: this.#abort.signal })
      } catch (error) {
        if (error instanceof NotAliveError && error.exitCode !== undefined) codes.set(id, error.exitCode)
      }
    })
    this.#abort.signal.throwIfAborted()
    return codes
  }

  async #untilNextList(): Promise<void> {
    const { resyncIntervalMs } = this.#options
    const wake = new LinkedAbort(this.#abort.signal)
    this.#nextList = wake
    if (this.#listWanted) wake.abort(undefined)
    const isNever = resyncIntervalMs === undefined || resyncIntervalMs > MAX_TIMER_MS
    await (isNever ? aborted(wake.signal) : pauseFor(resyncIntervalMs, wake.signal))
    wake[Symbol.dispose]()
    this.#nextList = undefined
    this.#abort.signal.throwIfAborted()
  }

  #handle(event: EngineEvent): void {
    const { picture, changed } = this.#options
    const { id, type, timestamp } = event
    if (type === 'started') this.#inspections.request(id, timestamp)
    else if (type === 'updated') {
      // Before the end of a list, a container that is not known yet may have been listed as it was before the change.
      const known = picture.containers.has(id) || picture.listing || this.#inspections.has(id)
      if (known) this.#inspections.request(id, timestamp)
    } else if (type === 'exited') this.#exited(id, event)
    else changed(picture.pausedOrNot(id, type === 'paused', timestamp, this.#inspections.has(id)))
  }

  #exited(id: string, exit: Exit): void {
    const { verdict, changes } = this.#options.picture.exited(id, exit)
    this.#inspections.repeat(id)
    this.#options.changed(changes)
    if (verdict === 'doubtful') this.#doubt(id, exit)
  }

  #doubt(id: string, exit: Exit): void {
    this.#doubts.set(id, exit)
    this.#inspections.request(id, exit.timestamp)
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
    const exitCode = doubt.exitCode ?? (error instanceof NotAliveError ? error.exitCode : undefined)
    changed(picture.gone(id, { ...doubt, exitCode }, 'event'))
  }
}
