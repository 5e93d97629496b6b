/** Events as JSON: the shape is described in the README, and only grows. */

import { type Container, isContainerEvent, type WatchEvent } from '@teu/watch'
import { imageOf } from './image-packer.ts'

/** What is not known is left out. */
export function eventDocument(event: WatchEvent): object {
  const { type, timestamp, source, engine } = event
  const head = { type, timestamp: timestamp.toISOString(), source, engine: { ...engine } }
  if (!isContainerEvent(event)) return { ...head, ...(type === 'lost' && { error: messageOf(event.error) }) }
  const { container, previous, exitCode } = event
  return {
    ...head,
    container: containerDocument(container),
    ...(previous !== undefined && { previous: containerDocument(previous) }),
    ...(exitCode !== undefined && { exitCode }),
  }
}

function containerDocument(container: Container): object {
  const { id, name, project, labels, pid, paused, startedAt, privileged } = container
  const image = imageOf(container)
  return {
    id,
    name,
    ...(project !== '' && { project }),
    ...(image !== undefined && { image }),
    labels,
    pid,
    paused,
    ...(startedAt !== undefined && { startedAt: startedAt.toISOString() }),
    ...(privileged !== undefined && { privileged }),
  }
}

/** Why an engine cannot be heard. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
