/** Who is alive, by asking: a look at ids and states costs two calls, however many containers there are. */

import { readExitCode } from '../answers/values.ts'
import type { EngineEvent } from '../engine-client.ts'
import { mapBounded } from '../watcher/bounded.ts'
import { dateOf, EXITED, READY, RUNNING, UNKNOWN } from './container-facts.ts'
import type { RuntimeClient } from './runtime-service.ts'

/** Statuses asked for at the same time. */
const CONCURRENCY = 8

/** Ids of containers. */
type Listed = Pick<Map<string, unknown>, 'keys' | 'delete'>

/** Each look answers what has changed since the one before. No id is ever alive twice: CRI starts a container once. */
export class Survey {
  readonly #runtime: RuntimeClient
  readonly #listed: () => Listed
  #alive: ReadonlySet<string> = new Set()

  /** @param listed  what others were told is alive: it may have begun after one look and have ended before the next */
  constructor(runtime: RuntimeClient, listed: () => Listed) {
    this.#runtime = runtime
    this.#listed = listed
  }

  /** Ends come before beginnings. */
  async look(signal: AbortSignal): Promise<EngineEvent[]> {
    // Before asking: what is listed meanwhile may have begun after the answer.
    const before = new Set([...this.#alive, ...this.#listed().keys()])
    const [{ containers }, { items: sandboxes }] = await Promise.all([
      this.#runtime.listContainers({}, { signal }),
      this.#runtime.listPodSandbox({}, { signal }),
    ])
    const now = new Date()
    const alive = new Set([
      // Of an engine that has lost touch with a container it is not known that it has ended.
      ...containers.flatMap(({ id, state }) => (state === RUNNING || (state === UNKNOWN && before.has(id)) ? [id] : [])),
      ...sandboxes.flatMap(({ id, state }) => (state === READY ? [id] : [])),
    ])
    const told = this.#alive
    this.#alive = alive
    const exited = new Set(containers.flatMap(({ id, state }) => (state === EXITED ? [id] : [])))
    const gone = [...before].filter((id) => !alive.has(id))
    for (const id of gone) this.#listed().delete(id)
    const ends = await mapBounded(gone, CONCURRENCY, (id) => (exited.has(id) ? this.#end(id, now, signal) : end(id, now)))
    const begun = [...alive].filter((id) => !told.has(id))
    return [...ends, ...begun.map((id): EngineEvent => ({ type: 'started', id, timestamp: now }))]
  }

  async #end(id: string, now: Date, signal: AbortSignal): Promise<EngineEvent> {
    try {
      const { status } = await this.#runtime.containerStatus({ containerId: id }, { signal })
      return { type: 'exited', id, timestamp: dateOf(status?.finishedAt ?? 0n) ?? now, exitCode: readExitCode(status?.exitCode) }
    } catch {
      // Removed meanwhile; that the connection is lost shows at the next look.
      signal.throwIfAborted()
      return { type: 'exited', id, timestamp: now }
    }
  }
}

const end = (id: string, timestamp: Date): Promise<EngineEvent> => Promise.resolve({ type: 'exited', id, timestamp })
