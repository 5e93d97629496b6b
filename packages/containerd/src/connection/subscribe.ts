/** One subscription to the events of a whole daemon, without the picture of containers that a client of one namespace keeps. */

import { isTeuError, TeuError, deferred, type Deferred, delay } from '@teu/spec'
import { decodeDaemonEvent, type DaemonEvent } from '../events/daemon-event.ts'
import { report } from '../report.ts'
import type { Services } from '../rpc/services.ts'
import { Barrier, SYNC_TOPIC } from './barrier.ts'

const HEARTBEAT_MS = 10_000

/** Options of {@link subscribeEvents}. */
export interface SubscribeOptions {
  /** containerd's filters, one of which must match: `topic=="/tasks/start"`. */
  readonly filters: readonly string[]
  /** Publish messages of our own until one comes back, to know that the subscription stands. Default true. */
  readonly barrier?: boolean
  /** Ends the subscription; the iteration then throws the signal's reason. */
  readonly signal: AbortSignal
}

/** Events from the moment of {@link subscribeEvents} on. The iteration never just ends: it throws what the subscription was lost by. Leaving
 *  it ends the subscription. To be iterated once. */
export interface EventSubscription extends AsyncIterable<DaemonEvent> {
  /** False when nobody could tell whether the subscription stands: events of the first second may be missing. */
  readonly isSure: boolean
}

/** Subscribes to events of all namespaces, and resolves when none can be missed any more.
 *  A daemon that is there and does not answer for some seconds counts as lost.
 *  @throws {TeuError} ERR_TEU_UNAVAILABLE, ERR_TEU_TIMEOUT, ERR_TEU_RUNTIME for filters that are none
 *  @throws the signal's reason */
export async function subscribeEvents(services: Services, options: SubscribeOptions): Promise<EventSubscription> {
  const stream = new BusStream(services, options)
  return { isSure: await stream.stands(options.barrier ?? true), [Symbol.asyncIterator]: () => stream.read() }
}

/** The daemon queues without a limit for slow readers, so everything is read at once, and waits here. */
class BusStream {
  readonly #services: Services
  readonly #barrier: Barrier
  readonly #over = new AbortController()
  #waiting: DaemonEvent[] = []
  #wake: Deferred<void> = deferred()

  constructor(services: Services, { filters, signal }: SubscribeOptions) {
    this.#services = services
    this.#barrier = new Barrier(services)
    const stop = (): void => this.#over.abort(signal.reason)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
    this.#over.signal.addEventListener('abort', () => this.#wake.resolve(), { once: true })
    void this.#receive([...filters, `topic=="${SYNC_TOPIC}"`]).finally(() => signal.removeEventListener('abort', stop))
    void this.#beat()
  }

  async stands(useBarrier: boolean): Promise<boolean> {
    const { signal } = this.#over
    try {
      const isSure = useBarrier && (await this.#barrier.passed(signal))
      signal.throwIfAborted()
      return isSure
    } catch (error) {
      this.#over.abort(error)
      throw error
    }
  }

  async *read(): AsyncGenerator<DaemonEvent> {
    const { signal } = this.#over
    try {
      for (;;) {
        const events = this.#waiting
        this.#waiting = []
        yield* events
        signal.throwIfAborted()
        if (this.#waiting.length > 0) continue
        await this.#wake.promise
        this.#wake = deferred()
      }
    } finally {
      this.#over.abort(new TeuError('ERR_TEU_UNAVAILABLE', 'The subscription to events was left'))
    }
  }

  async #receive(filters: string[]): Promise<void> {
    const { signal } = this.#over
    try {
      for await (const envelope of this.#services.events.subscribe({ filters }, { signal })) {
        if (this.#barrier.takes(envelope)) continue
        try {
          const event = decodeDaemonEvent(envelope)
          if (event !== undefined) this.#waiting.push(event)
        } catch (error) {
          report({ what: `read an event of topic ${envelope.topic}`, error })
        }
        this.#wake.resolve()
      }
      this.#over.abort(new TeuError('ERR_TEU_UNAVAILABLE', 'containerd has ended its stream of events'))
    } catch (error) {
      this.#over.abort(error)
    }
  }

  /** Notices a daemon that is there and does nothing: containerd forbids the protocol's own pings this often. */
  async #beat(): Promise<void> {
    const { signal } = this.#over
    for (;;) {
      await delay(HEARTBEAT_MS, signal)
      if (signal.aborted) return
      try {
        await this.#services.health.check({}, { timeoutMs: HEARTBEAT_MS, signal })
      } catch (error) {
        // Without a health service its answer is a sign of life, too.
        if (!isTeuError(error, 'ERR_TEU_UNSUPPORTED')) this.#over.abort(error)
      }
    }
  }
}
