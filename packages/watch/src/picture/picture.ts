/**
 * What is known of an engine's live containers, and how lists, inspections and events are put together.
 *
 * A list takes many round trips while events keep coming, and nothing tells how one listed state relates to one event in time. Three
 * rules settle it, for the first list and for any later one:
 *  - An exit that is heard while the list is on its way proves that the listed process is gone.
 *  - Pauses heard meanwhile are newer than what is listed, or the same; the newest one wins at the end of the list.
 *  - What was inspected meanwhile, after its start was heard, is newer than what is listed.
 * When the list is there, the picture is compared with it in one go, and only differences are changes. All of this is synchronous.
 */

import type { ContainerEvent, EventSource } from '../events/watch-event.ts'
import { type Container, sameDetails, withPaused } from './container.ts'
import { type Exit, type ExitVerdict, HeardExits, judgeExit } from './exits.ts'

/** When and how something was learned. */
interface Origin {
  readonly timestamp: Date
  readonly source: EventSource
}

/** What a list has shown. */
export interface Listing {
  readonly containers: readonly Container[]
  readonly timestamp: Date
  /** Containers of which the engine cannot tell whether they are alive: what is known of them is kept. */
  readonly unknown: ReadonlySet<string>
  /** Of those that are missing, as far as known. */
  readonly exitCodes: ReadonlyMap<string, number>
}

/** Pauses that may wait for a list or an inspection. */
const MOST_PAUSES = 10_000

/** See the head of this file. Methods answer the changes that they make, in order. */
export class Picture {
  readonly #containers = new Map<string, Container>()
  /** Pauses that are applied later: at the end of a list, or of an inspection. */
  readonly #pauses = new Map<string, boolean>()
  #listing: { readonly dead: HeardExits; readonly fresh: Set<string> } | undefined

  get containers(): ReadonlyMap<string, Container> {
    return this.#containers
  }

  /** True while a list is on its way. */
  get listing(): boolean {
    return this.#listing !== undefined
  }

  /** A list is being asked for from now on. */
  beginList(): void {
    this.#listing = { dead: new HeardExits(), fresh: new Set() }
  }

  /** The engine says that a container has ended. */
  exited(id: string, exit: Exit): { readonly verdict: ExitVerdict; readonly changes: ContainerEvent[] } {
    this.#listing?.dead.add(id, exit)
    const known = this.#containers.get(id)
    const verdict = known === undefined ? 'believed' : judgeExit(known, exit)
    // Whoever is born with this id again is not paused.
    if (verdict !== 'stale') this.#pauses.delete(id)
    return { verdict, changes: verdict === 'believed' ? this.gone(id, exit, 'event') : [] }
  }

  /** A container is known to have ended. */
  gone(id: string, exit: Exit, source: EventSource): ContainerEvent[] {
    this.#listing?.fresh.delete(id)
    const known = this.#containers.get(id)
    if (known === undefined) return []
    this.#containers.delete(id)
    return [change('exited', known, undefined, { timestamp: exit.timestamp, source }, exit.exitCode)]
  }

  /** The engine says that a container was paused or unpaused.
   *  @param inspecting  an inspection is under way, the result of which may be older than this
   *  @returns  undefined when too many wait for a list or an inspection: another list has to tell */
  pausedOrNot(id: string, paused: boolean, timestamp: Date, inspecting: boolean): ContainerEvent[] | undefined {
    if (this.#listing !== undefined || inspecting) {
      if (this.#pauses.size >= MOST_PAUSES && !this.#pauses.has(id)) return undefined
      this.#pauses.set(id, paused)
    } else {
      const known = this.#containers.get(id)
      if (known !== undefined) return this.#put(withPaused(known, paused), { timestamp, source: 'event' })
    }
    return []
  }

  /** A container was inspected after its start or change was heard. */
  inspected(container: Container, timestamp: Date): ContainerEvent[] {
    this.#listing?.fresh.add(container.id)
    const current = this.#withPendingPause(container)
    if (this.#listing === undefined) this.#pauses.delete(container.id)
    return this.#put(current, { timestamp, source: 'event' })
  }

  /** An inspection that was under way has found nothing. */
  notFound(id: string): void {
    if (this.#listing === undefined) this.#pauses.delete(id)
  }

  /** Known containers that a list does not speak of, and that have not been heard of since it was begun. */
  missing({ containers, unknown }: Pick<Listing, 'containers' | 'unknown'>): string[] {
    const ids = new Set(containers.map(({ id }) => id))
    const isMissing = (id: string): boolean => !ids.has(id) && !unknown.has(id) && this.#listing?.fresh.has(id) !== true
    return [...this.#containers.keys()].filter(isMissing)
  }

  /** The list is there: the picture becomes what it says.
   *  @param inspecting  is an inspection of this id under way?
   *  @returns doubtful  ids that are listed although their end was heard; the engine must be asked again */
  endList(
    { containers, timestamp, unknown, exitCodes }: Listing,
    inspecting: (id: string) => boolean,
  ): { readonly changes: ContainerEvent[]; readonly doubtful: string[] } {
    const { dead, fresh } = this.#listing ?? { dead: new HeardExits(), fresh: new Set<string>() }
    const doubtful: string[] = []
    const alive = containers.filter((container) => {
      const verdict = dead.judge(container)
      if (verdict === 'doubtful') doubtful.push(container.id)
      return verdict !== 'believed'
    })
    const origin: Origin = { timestamp, source: 'sync' }
    const changes = this.missing({ containers: alive, unknown }).flatMap((id) =>
      this.gone(id, { timestamp, exitCode: exitCodes.get(id) }, 'sync'),
    )
    for (const container of alive) if (!fresh.has(container.id)) changes.push(...this.#put(this.#withPendingPause(container), origin))
    for (const id of fresh) {
      const known = this.#containers.get(id)
      if (known !== undefined) changes.push(...this.#put(this.#withPendingPause(known), origin))
    }
    this.#listing = undefined
    for (const id of this.#pauses.keys()) if (!inspecting(id)) this.#pauses.delete(id)
    return { changes, doubtful }
  }

  /** Forgets what waits for a list or an inspection: the connection that they belonged to is lost. What is known is kept. */
  abandon(): void {
    this.#listing = undefined
    this.#pauses.clear()
  }

  #withPendingPause(container: Container): Container {
    return withPaused(container, this.#pauses.get(container.id) ?? container.paused)
  }

  #put(container: Container, origin: Origin): ContainerEvent[] {
    const { id } = container
    const known = this.#containers.get(id)
    if (known !== undefined && known.pid !== container.pid) {
      // Restarted between two looks.
      const exit = this.gone(id, { timestamp: origin.timestamp }, 'sync')
      return [...exit, ...this.#put(container, origin)]
    }
    if (known === undefined) {
      this.#containers.set(id, container)
      return [change('started', container, undefined, origin)]
    }
    const changes: ContainerEvent[] = []
    const repaused = withPaused(known, container.paused)
    if (repaused !== known) changes.push(change(container.paused ? 'paused' : 'unpaused', repaused, known, origin))
    if (!sameDetails(known, container)) changes.push(change('updated', container, repaused, origin))
    if (changes.length > 0) this.#containers.set(id, changes.at(-1)?.container ?? container)
    return changes
  }
}

function change(
  type: ContainerEvent['type'],
  container: Container,
  previous: Container | undefined,
  origin: Origin,
  exitCode?: number,
): ContainerEvent {
  const { timestamp, source } = origin
  return { type, container, previous, engine: container.engine, timestamp, source, exitCode }
}
