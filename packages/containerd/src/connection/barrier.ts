/** Knowing that a subscription stands. The daemon answers before it has registered one, and says nothing when it has. */

import { randomInt } from 'node:crypto'
import { TimestampSchema } from '@bufbuild/protobuf/wkt'
import { isTeuError, delay } from '@teu/spec'
import { protobufAny } from '../any.ts'
import type { Envelope } from '../gen/containerd/types/types.gen.ts'
import type { Services } from '../rpc/services.ts'

/** Topic of our own messages; part of the subscription's filters. */
export const SYNC_TOPIC = '/teu/sync'
const REPEAT_MS = 20
/** What is no refusal to let anybody publish. */
const FAILURES = ['ERR_TEU_UNAVAILABLE', 'ERR_TEU_TIMEOUT', 'ERR_TEU_UNSUPPORTED'] as const
/** What a Timestamp may hold: seconds of the years 1970 to 9999. */
const MAX_SECONDS = 253_402_300_799
const MAX_NANOS = 999_999_999

/** Publishes a value on the bus again and again, until the subscription brings it back. */
export class Barrier {
  readonly #services: Services
  /** A moment that nobody else will name; a type that every program knows, since others who read the bus report those that they do not. */
  readonly #event = protobufAny(TimestampSchema, { seconds: BigInt(randomInt(MAX_SECONDS)), nanos: randomInt(MAX_NANOS) })
  readonly #back = new AbortController()

  constructor(services: Services) {
    this.#services = services
  }

  /** True for an envelope of any client's barrier; ours opens this one. */
  takes(envelope: Envelope): boolean {
    if (envelope.topic !== SYNC_TOPIC) return false
    if (envelope.event !== undefined && Buffer.compare(this.#event.value, envelope.event.value) === 0) this.#back.abort()
    return true
  }

  /** Resolves with true when the value came back, and with false when the daemon lets nobody publish.
   *  @throws {TeuError} ERR_TEU_UNAVAILABLE, ERR_TEU_TIMEOUT; ERR_TEU_UNSUPPORTED by something that is no containerd
   *  @throws the signal's reason */
  async passed(signal: AbortSignal): Promise<boolean> {
    while (!this.#back.signal.aborted) {
      try {
        await this.#services.events.publish({ topic: SYNC_TOPIC, event: this.#event }, { signal })
      } catch (error) {
        if (signal.aborted || FAILURES.some((code) => isTeuError(error, code))) throw error
        return false
      }
      await delay(REPEAT_MS, AbortSignal.any([signal, this.#back.signal]))
      signal.throwIfAborted()
    }
    return true
  }
}
