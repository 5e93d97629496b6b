/** Events as JSON: the shape is described in the README, and only grows. */

import { stringifyJson } from '@teu/spec'
import { type Container, isContainerEvent, type WatchEvent } from '@teu/watch'
import { imageOf } from './image-packer.ts'
import { withUnseenWritten } from './unseen.ts'
import { momentText } from './view/amounts.ts'

/** One line, with its end. Text of strangers is as they have written it, but nothing of it steers a terminal, or is hidden from people. */
export function documentLine(event: WatchEvent): string {
  // Control characters are escaped already, as JSON wants it.
  return `${withUnseenWritten(stringifyJson(eventDocument(event)), escaped)}\n`
}

function escaped(char: string): string {
  return Array.from({ length: char.length }, (_, n) => `\\u${char.charCodeAt(n).toString(16).padStart(4, '0')}`).join('')
}

/** What is not known is left out. */
export function eventDocument(event: WatchEvent): object {
  const { type, timestamp, source, engine } = event
  const head = { type, timestamp: momentText(timestamp), source, engine: { ...engine } }
  if (!isContainerEvent(event)) return { ...head, ...(type === 'lost' && { error: messageOf(event.error) }) }
  const { container, previous, exitCode, view } = event
  return {
    ...head,
    container: containerDocument(container),
    ...(previous !== undefined && { previous: containerDocument(previous) }),
    ...(exitCode !== undefined && { exitCode }),
    ...(view !== undefined && { view }),
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
    ...(startedAt !== undefined && { startedAt: momentText(startedAt) }),
    ...(privileged !== undefined && { privileged }),
  }
}

/** Why an engine cannot be heard. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
