/** Several events about one container, folded into their result: what a subscriber has been told before them, and what is true after. */

import type { Container } from '../picture/container.ts'
import { sameDetails, withPaused } from '../picture/container.ts'
import type { ContainerEvent } from './watch-event.ts'

/** Result of one or more events. */
export interface Fold {
  /** What the subscriber knows; undefined when it knows of no such container. */
  readonly before: Container | undefined
  /** What is true; undefined when the container is gone, or has left the view. */
  readonly after: Container | undefined
  readonly last: ContainerEvent
  /** The last end of the container that the subscriber knows. */
  readonly exit: ContainerEvent | undefined
  /** A process was started meanwhile. */
  readonly started: boolean
  /** What the container was before it came into the view without having been started. */
  readonly outside: Container | undefined
}

/** A name for the container of an event that no other container of any engine has. */
export function foldKey({ container, engine }: ContainerEvent): string {
  return `${engine.api}\0${container.id}`
}

/** Adds the next event to a fold, or begins one. */
export function fold(folded: Fold | undefined, event: ContainerEvent): Fold {
  const { type, container, view } = event
  return {
    before: folded === undefined ? knownBefore(event) : folded.before,
    after: type === 'exited' || view === 'left' ? undefined : container,
    last: event,
    exit: folded?.exit ?? (type === 'exited' ? event : undefined),
    started: type === 'started' || (folded?.started ?? false),
    outside: view === 'entered' ? event.previous : folded?.outside,
  }
}

function knownBefore({ type, container, previous, view }: ContainerEvent): Container | undefined {
  if (view === 'entered') return undefined
  return type === 'exited' ? container : previous
}

/** True when there is nothing to tell. */
export function isEmpty({ before, after }: Fold): boolean {
  return before === undefined && after === undefined
}

/** The events that lead from what is known to what is true, as few as possible. */
export function unfold({ before, after, last, exit, started, outside }: Fold): ContainerEvent[] {
  const tell = (type: ContainerEvent['type'], container: Container, previous?: Container): ContainerEvent => {
    const { timestamp, exitCode } = type === 'exited' && exit !== undefined ? exit : { timestamp: last.timestamp, exitCode: undefined }
    return { type, container, previous, engine: container.engine, timestamp, source: 'coalesced', exitCode }
  }
  if (before === undefined) {
    if (after === undefined) return []
    return [started ? tell('started', after) : { ...tell('updated', after, outside), view: 'entered' }]
  }
  if (after === undefined) {
    const hasEnded = exit !== undefined || started || before.pid !== last.container.pid
    return [hasEnded ? tell('exited', before) : { ...tell('updated', last.container, before), view: 'left' }]
  }
  if (before.pid !== after.pid || exit !== undefined || started) return [tell('exited', before), tell('started', after)]
  const isOther = !sameDetails(before, after)
  // One step each: the reader may have taken only the first when the rest is folded anew.
  const repaused = isOther ? withPaused(before, after.paused) : after
  const events: ContainerEvent[] = []
  if (before.paused !== after.paused) events.push(tell(after.paused ? 'paused' : 'unpaused', repaused, before))
  if (isOther) events.push(tell('updated', after, repaused))
  return events
}
