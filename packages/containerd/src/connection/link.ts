/** The subscription to events, made again whenever it is lost. */

import { TeuError, isTeuError, deferred, type Deferred, delay } from '@teu/spec'
import { rpcFailure, rpcOf } from '../error/from-rpc.ts'
import type { Envelope } from '../gen/containerd/types/types.gen.ts'
import { ServingStatus } from '../gen/grpc/health/v1/health.gen.ts'
import { report } from '../report.ts'
import type { Services } from '../rpc/services.ts'
import { checkVersion } from './daemon-version.ts'
import { Barrier, SYNC_TOPIC } from './barrier.ts'

const FIRST_BACKOFF_MS = 100
const LAST_BACKOFF_MS = 3_000
const HEALTH_TIMEOUT_MS = 10_000
/** containerd forbids the protocol's own pings more often than every five minutes, so a call takes their place. */
const HEARTBEAT_MS = 10_000
/** When nobody may publish, states are read once more after this time. */
const UNSURE_MS = 1_000

/** What a link tells its owner. */
export interface LinkEvents {
  /** A new subscription is about to be made. `stands` resolves with true when it does, with false when it was lost before. */
  subscribing(stands: Promise<boolean>): void
  /** An envelope of the namespace's tasks, or of a record that has changed. Must not throw. */
  received(envelope: Envelope): void
  /** The daemon lets nobody publish, so events may have been missed when `stands` resolved. */
  unsure(): void
}

/** Keeps one subscription alive from `open` until `close`. */
export class Link {
  readonly #services: Services
  readonly #filters: string[]
  readonly #events: LinkEvents
  readonly #closed = new AbortController()
  #ready: Deferred<void> = deferred()
  #isReady = false
  #backoffMs = FIRST_BACKOFF_MS
  #lastFailure: unknown

  constructor(services: Services, namespace: string, events: LinkEvents) {
    this.#services = services
    this.#filters = [`namespace=="${namespace}",topic~="^/(tasks/|containers/(update|delete)$)"`, `topic=="${SYNC_TOPIC}"`]
    this.#events = events
  }

  /** Starts, and resolves when the first subscription stands.
   *  @throws {TeuError} ERR_TEU_UNAVAILABLE when it does not within that time, or cannot for lack of rights; ERR_TEU_UNSUPPORTED
   *                     when the daemon is too old
   *  @throws the signal's reason */
  async open(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    const hopeless = deferred<never>()
    void this.#run(hopeless)
    const over = new AbortController()
    try {
      const stop = AbortSignal.any([over.signal, ...(signal === undefined ? [] : [signal])])
      const first = await Promise.race([this.#ready.promise.then(() => true), delay(timeoutMs, stop), hopeless.promise])
      signal?.throwIfAborted()
      if (first !== true) throw this.#failure()
    } catch (error) {
      this.close()
      throw error
    } finally {
      over.abort()
    }
  }

  /** True when a subscription stands within some milliseconds. */
  async isReadyWithin(timeoutMs: number): Promise<boolean> {
    if (this.#isReady) return true
    const over = new AbortController()
    const stop = AbortSignal.any([over.signal, this.#closed.signal])
    const first = await Promise.race([this.#ready.promise.then(() => true), delay(timeoutMs, stop)])
    over.abort()
    return first === true
  }

  close(): void {
    this.#closed.abort()
  }

  #failure(): Error {
    const failure = this.#lastFailure
    const rpc = rpcOf(failure)
    if (!isTeuError(failure)) {
      return new TeuError('ERR_TEU_UNAVAILABLE', 'Cannot connect to containerd: it does not serve yet', { cause: failure })
    }
    if (rpc === undefined) return failure
    return rpcFailure(rpc, failure.code, { what: 'connect to containerd', operation: 'connect', path: failure.path })
  }

  async #run(hopeless: Deferred<never>): Promise<void> {
    while (!this.#closed.signal.aborted) {
      try {
        await this.#checkHealth()
        await checkVersion(this.#services, this.#closed.signal)
        await this.#listen()
      } catch (error) {
        this.#lastFailure = error
        // Neither gets better by waiting.
        if (rpcOf(error)?.errno === 'EACCES' || isTeuError(error, 'ERR_TEU_UNSUPPORTED')) hopeless.reject(this.#failure())
      }
      // A daemon that goes down often, or refuses the subscription, must not be asked without a pause.
      await delay(this.#backoffMs, this.#closed.signal)
      this.#backoffMs = Math.min(this.#backoffMs * 2, LAST_BACKOFF_MS)
    }
  }

  async #checkHealth(): Promise<void> {
    try {
      const { status } = await this.#services.health.check({}, { timeoutMs: HEALTH_TIMEOUT_MS, signal: this.#closed.signal })
      if (status !== ServingStatus.SERVING) throw new Error(`containerd does not serve yet: health status ${status}`)
    } catch (error) {
      if (!isTeuError(error, 'ERR_TEU_UNSUPPORTED')) throw error
    }
  }

  /** Ends, with or without an error, when the subscription does. */
  async #listen(): Promise<void> {
    const lost = new AbortController()
    const signal = AbortSignal.any([lost.signal, this.#closed.signal])
    const stands = deferred<boolean>()
    this.#events.subscribing(stands.promise)
    const barrier = new Barrier(this.#services)
    try {
      const envelopes = this.#services.events.subscribe({ filters: this.#filters }, { signal })
      void this.#pass(barrier, stands, lost, signal)
      void this.#beat(lost, signal)
      for await (const envelope of envelopes) if (!barrier.takes(envelope)) this.#events.received(envelope)
    } finally {
      stands.resolve(false)
      if (this.#isReady) this.#ready = deferred()
      this.#isReady = false
      lost.abort()
    }
  }

  async #pass(barrier: Barrier, stands: Deferred<boolean>, lost: AbortController, signal: AbortSignal): Promise<void> {
    try {
      const isSure = await barrier.passed(signal)
      this.#backoffMs = FIRST_BACKOFF_MS
      this.#isReady = true
      stands.resolve(true)
      this.#ready.resolve()
      if (isSure) return
      await delay(UNSURE_MS, signal)
      if (!signal.aborted) this.#events.unsure()
    } catch (error) {
      if (!signal.aborted) report({ what: 'wait for the subscription to events', error })
      lost.abort(error)
    }
  }

  /** Notices a daemon that is there and does nothing. */
  async #beat(lost: AbortController, signal: AbortSignal): Promise<void> {
    for (;;) {
      await delay(HEARTBEAT_MS, signal)
      if (signal.aborted) return
      try {
        await this.#checkHealth()
      } catch (error) {
        report({ what: 'ask for the health of the daemon', error })
        lost.abort(error)
      }
    }
  }
}
