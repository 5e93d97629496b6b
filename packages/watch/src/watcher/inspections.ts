/**
 * Inspections that events ask for. For one container id they happen one after another, for different ids at the same time, within a
 * limit. When something is heard of a container whose inspection is under way, its result may be out of date: it is dropped, and the
 * engine is asked once more. So at most one inspection per id is pending, however many events come. When too many ids wait, further ones
 * are refused: a list tells as much about all of them.
 */

import { isTeuError, delay } from '@teu/spec'
import type { Container } from '../picture/container.ts'
import { Permits } from './bounded.ts'

/** Pauses before an inspection is repeated that failed for another reason than that the container is gone; the last one for all later
 *  ones. A container would stay unknown otherwise: nothing else tells of it again. */
const RETRY_MS: readonly number[] = [1_000, 5_000, 30_000]

/** Ids that may wait before further ones are refused. */
const MOST_PENDING = 4_096

/** What inspections need. */
export interface InspectionOptions {
  readonly inspect: (id: string) => Promise<Container>
  /** The container is alive. `timestamp` is that of the newest event that asked. */
  readonly found: (container: Container, timestamp: Date) => void
  /** The container is gone, or has no process. */
  readonly notFound: (id: string, error: unknown) => void
  /** Inspecting failed, and will be repeated. */
  readonly failed: (id: string, error: unknown) => void
  readonly concurrency: number
  /** Ends everything that is pending. */
  readonly signal: AbortSignal
}

interface Pending {
  timestamp: Date
  outdated: boolean
  failures: number
  /** Cuts the pause before a repetition short. */
  readonly hurry: AbortController[]
}

/** True when the engine says that there is no live container. */
export function isGone(error: unknown): boolean {
  return isTeuError(error, 'ERR_TEU_NOT_FOUND') || isTeuError(error, 'ERR_TEU_NOT_RUNNING')
}

/** See the head of this file. */
export class Inspections {
  readonly #options: InspectionOptions
  readonly #permits: Permits
  readonly #pending = new Map<string, Pending>()
  readonly #running = new Set<Promise<void>>()

  constructor(options: InspectionOptions) {
    this.#options = options
    this.#permits = new Permits(options.concurrency)
  }

  /** True while an inspection of this container is pending. */
  has(id: string): boolean {
    return this.#pending.has(id)
  }

  /** Asks for an inspection that begins after this moment.
   *  @returns  false when too many are waiting */
  request(id: string, timestamp: Date): boolean {
    const pending = this.#pending.get(id)
    if (pending !== undefined) {
      pending.timestamp = timestamp
      this.repeat(id)
      return true
    }
    if (this.#pending.size >= MOST_PENDING) return false
    this.#begin(id, { timestamp, outdated: false, failures: 0, hurry: [] })
    return true
  }

  /** Asks for an inspection after a while: the engine could not tell just now. */
  requestLater(id: string, timestamp: Date): void {
    if (this.#pending.has(id)) return
    this.#begin(id, { timestamp, outdated: false, failures: 1, hurry: [] })
  }

  /** Something new was heard of a container: an inspection that waits for its time is not to wait any longer. */
  hurry(id: string): void {
    this.#pending.get(id)?.hurry.pop()?.abort()
  }

  /** The result of a pending inspection would be out of date. */
  repeat(id: string): void {
    const pending = this.#pending.get(id)
    if (pending === undefined) return
    pending.outdated = true
    this.hurry(id)
  }

  /** Resolves when nothing is pending any more; soon after the signal was aborted. */
  async settled(): Promise<void> {
    await Promise.all(this.#running)
  }

  #begin(id: string, pending: Pending): void {
    this.#pending.set(id, pending)
    const running = this.#run(id, pending).finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  async #run(id: string, pending: Pending): Promise<void> {
    const { signal } = this.#options
    while (!signal.aborted) {
      if (pending.failures > 0 && !pending.outdated) await this.#pauseBeforeRetry(pending)
      const settled = await this.#permits.use(() => this.#inspectOnce(id, pending))
      if (settled) return
    }
  }

  async #inspectOnce(id: string, pending: Pending): Promise<boolean> {
    const { signal, inspect, found, notFound, failed } = this.#options
    if (signal.aborted) return true
    pending.outdated = false
    try {
      const container = await inspect(id)
      if (signal.aborted || pending.outdated) return signal.aborted
      this.#pending.delete(id)
      found(container, pending.timestamp)
      return true
    } catch (error) {
      if (signal.aborted || pending.outdated) return signal.aborted
      if (isGone(error)) {
        this.#pending.delete(id)
        notFound(id, error)
        return true
      }
      pending.failures++
      failed(id, error)
      return false
    }
  }

  async #pauseBeforeRetry(pending: Pending): Promise<void> {
    const hurry = new AbortController()
    const stop = (): void => hurry.abort()
    pending.hurry.push(hurry)
    this.#options.signal.addEventListener('abort', stop, { once: true })
    await delay(RETRY_MS[Math.min(pending.failures, RETRY_MS.length) - 1] ?? 0, hurry.signal)
    this.#options.signal.removeEventListener('abort', stop)
    pending.hurry.length = 0
  }
}
