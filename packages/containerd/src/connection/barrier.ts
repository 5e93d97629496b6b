/** Knowing that a subscription stands. The daemon answers before it has registered one, and says nothing when it has. */

import { randomUUID } from 'node:crypto'
import { isTeuError } from '@teu/spec'
import { delay } from '../delay.ts'
import type { Envelope } from '../gen/containerd/types/types.gen.ts'
import type { Services } from '../rpc/services.ts'

/** Topic of our own messages; part of the subscription's filters. */
export const SYNC_TOPIC = '/teu/sync'
const TYPE_URL = 'dev.teu/sync'
const REPEAT_MS = 20

/** Publishes a value on the bus again and again, until the subscription brings it back. */
export class Barrier {
  readonly #services: Services
  readonly #value = Buffer.from(randomUUID())
  readonly #back = new AbortController()

  constructor(services: Services) {
    this.#services = services
  }

  /** True for an envelope of any client's barrier; ours opens this one. */
  takes(envelope: Envelope): boolean {
    if (envelope.topic !== SYNC_TOPIC) return false
    if (envelope.event !== undefined && this.#value.equals(envelope.event.value)) this.#back.abort()
    return true
  }

  /** Resolves with true when the value came back, and with false when the daemon lets nobody publish.
   *  @throws {TeuError} ERR_TEU_UNAVAILABLE, ERR_TEU_TIMEOUT
   *  @throws the signal's reason */
  async passed(signal: AbortSignal): Promise<boolean> {
    while (!this.#back.signal.aborted) {
      try {
        const event = { typeUrl: TYPE_URL, value: this.#value }
        await this.#services.events.publish({ topic: SYNC_TOPIC, event }, { signal })
      } catch (error) {
        const isLost = signal.aborted || isTeuError(error, 'ERR_TEU_UNAVAILABLE') || isTeuError(error, 'ERR_TEU_TIMEOUT')
        if (isLost) throw error
        return false
      }
      await delay(REPEAT_MS, AbortSignal.any([signal, this.#back.signal]))
      signal.throwIfAborted()
    }
    return true
  }
}
