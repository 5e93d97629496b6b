/** Several events about one container, folded into their result: what a subscriber has been told before them, and what is true after. */

import type { Container } from '../picture/container.ts'
import { sameDetails } from '../picture/container.ts'
import type { ContainerEvent } from './watch-event.ts'

/** Result of one or more events. */
export interface Fold {
  /** What the subscriber knows; undefined when it knows of no such container. */
  readonly before: Container | undefined
  /** What is true; undefined when the container is gone. */
  readonly after: Container | undefined
  readonly last: ContainerEvent
  /** The last end of the container that the subscriber knows. */
  readonly exit: ContainerEvent | undefined
}

/** A name for the container of an event that no other container of any engine has. */
export function foldKey({ container, engine }: ContainerEvent): string {
  return `${engine.api}\0${container.id}`
}

/** Adds the next event to a fold, or begins one. */
export function fold(folded: Fold | undefined, event: ContainerEvent): Fold {
  const { type, container, previous } = event
  const beforeThis = type === 'exited' ? container : previous
  return {
    before: folded === undefined ? beforeThis : folded.before,
    after: type === 'exited' ? undefined : container,
    last: event,
    exit: folded?.exit ?? (type === 'exited' ? event : undefined),
  }
}

/** True when there is nothing to tell. */
export function isEmpty({ before, after }: Fold): boolean {
  return before === undefined && after === undefined
}

/** The events that lead from what is known to what is true, as few as possible. */
export function unfold({ before, after, last, exit }: Fold): ContainerEvent[] {
  const tell = (type: ContainerEvent['type'], container: Container, previous?: Container): ContainerEvent => {
    const { timestamp, exitCode } = type === 'exited' && exit !== undefined ? exit : { timestamp: last.timestamp, exitCode: undefined }
    return { type, container, previous, engine: container.engine, timestamp, source: 'coalesced', exitCode }
  }
  if (before === undefined) return after === undefined ? [] : [tell('started', after)]
  if (after === undefined) return [tell('exited', before)]
  if (before.pid !== after.pid || exit !== undefined) return [tell('exited', before), tell('started', after)]
  const events: ContainerEvent[] = []
  if (before.paused !== after.paused) events.push(tell(after.paused ? 'paused' : 'unpaused', after, before))
  if (!sameDetails(before, after)) events.push(tell('updated', after, before))
  return events
}
