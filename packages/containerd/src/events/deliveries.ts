/** Handing events to users who are waited for, beside the picture of the containers. */

import { report } from '../report.ts'
import type { Backend, TaskEvent } from '../types.ts'
import { EventQueue } from './queue.ts'

/**
 * For each container and backend one event after another, as fast as the backend takes them. Nothing of the client waits for it, so a handler
 * may wait for what a later event says. What a handler has not taken yet is kept, without a limit.
 */
export class Deliveries {
  readonly #queues: readonly { readonly backend: Backend; readonly byId: Map<string, EventQueue> }[]
  readonly #closed: AbortSignal

  /** @param closed  when it fires, what was not handed over yet is dropped */
  constructor(backends: readonly Backend[], closed: AbortSignal) {
    this.#queues = backends.map((backend) => ({ backend, byId: new Map() }))
    this.#closed = closed
  }

  /** Queues an event of a container; by id, since a container that was deleted and made again has one history. */
  push(event: TaskEvent): void {
    const { containerId, type } = event
    for (const { backend, byId } of this.#queues) {
      let queue = byId.get(containerId)
      if (queue === undefined) {
        queue = new EventQueue((error) => report({ what: 'deliver an event', containerId, error }))
        byId.set(containerId, queue)
      }
      const own = queue
      own.push(async () => {
        try {
          if (!this.#closed.aborted) await backend.processEvent(containerId, type, event)
        } catch (error) {
          report({ what: `deliver a ${type} event`, containerId, error })
        } finally {
          if (own.isEmpty) byId.delete(containerId)
        }
      })
    }
  }
}
