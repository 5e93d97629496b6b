/** The events of an engine with a REST API, without a gap between two connections. */

import type { EngineEvent } from '../engine-client.ts'
import { TeuError } from '@teu/spec'
import { type EngineApi, query, unixSeconds } from './engine-api.ts'
import { ACTIONS, decodeEvent } from './event-document.ts'

/** The engine's clock shows seconds, and its time may be as old as the answer. */
const CLOCK_MARGIN_MS = 1_000

/** Remembers where the last connection ended. The engine is asked for everything since then, which it remembers for a while; what comes
 *  twice does no harm to the watcher. */
export class EventStream {
  #last: Date | undefined

  /** @param now  the engine's clock, from an answer before this call
   *  @param target  such as `/v1.41/events` */
  async open(api: EngineApi, target: string, now: Date, signal: AbortSignal): Promise<AsyncIterable<EngineEvent>> {
    const before = new Date(now.getTime() - CLOCK_MARGIN_MS)
    // A clock that was put back must not make us wait for a time to come.
    const since = this.#last !== undefined && this.#last < now ? this.#last : before
    const filters = { type: ['container'], event: ACTIONS }
    const documents = await api.stream(`${target}?${query({ since: unixSeconds(since), filters })}`, signal)
    return this.#decode(documents, api.address)
  }

  async *#decode(documents: AsyncIterable<unknown>, address: string): AsyncGenerator<EngineEvent> {
    for await (const document of documents) {
      const event = decodeEvent(document)
      if (event === undefined) continue
      this.#last = event.timestamp
      yield event
    }
    throw new TeuError('ERR_TEU_SYSTEM', `${address} has ended its stream of events`)
  }
}
