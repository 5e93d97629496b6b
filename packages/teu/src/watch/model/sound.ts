/** Containers and events with values of the kinds that they should have, whatever an engine, or a client of one, has said: one that is not
 *  sound must not take the view of all others with it. */

import { type Container, isContainerEvent, type WatchEvent } from '@teu/watch'
import { imageOf } from '../image-packer.ts'

const known = new WeakMap<Container, Container>()

/** The container itself when it is sound. Otherwise a copy: texts that are none are empty or the text of the number, a pid that is none is 0,
 *  a moment that is none is not known, labels that are no texts are left out. */
export function soundContainer(container: Container): Container {
  const before = known.get(container)
  if (before !== undefined) return before
  const sound = isSound(container) ? container : repaired(container)
  known.set(container, sound)
  return sound
}

/** The event with sound containers; an exit code that is no number is not known. */
export function soundEvent(event: WatchEvent): WatchEvent {
  if (!isContainerEvent(event)) return event
  const { container, previous, exitCode } = event
  return {
    ...event,
    container: soundContainer(container),
    previous: previous === undefined ? undefined : soundContainer(previous),
    exitCode: Number.isSafeInteger(exitCode) ? exitCode : undefined,
  }
}

function isSound({ id, name, project, labels, pid, paused, startedAt, privileged, engine, rucksack }: Container): boolean {
  return (
    [id, name, project, engine.type, engine.id, engine.api].every((text) => typeof text === 'string') &&
    isRecord(labels) &&
    Object.values(labels).every((value) => typeof value === 'string') &&
    Number.isSafeInteger(pid) &&
    typeof paused === 'boolean' &&
    (startedAt === undefined || isMoment(startedAt)) &&
    (privileged === undefined || typeof privileged === 'boolean') &&
    (rucksack === undefined || (isRecord(rucksack) && ['string', 'undefined'].includes(typeof rucksack['image'])))
  )
}

function repaired(container: Container): Container {
  const { id, name, project, labels, pid, paused, startedAt, privileged, engine } = container
  const image: unknown = isRecord(container.rucksack) ? imageOf(container) : undefined
  const entries = Object.entries(isRecord(labels) ? labels : {}).filter(([, value]) => isScalar(value))
  return {
    id: textOf(id),
    name: textOf(name),
    project: textOf(project),
    labels: Object.fromEntries(entries.map(([key, value]) => [key, textOf(value)])),
    pid: Number.isSafeInteger(pid) ? pid : 0,
    paused: paused === true,
    startedAt: isMoment(startedAt) ? startedAt : undefined,
    privileged: typeof privileged === 'boolean' ? privileged : undefined,
    engine: {
      type: textOf(engine.type),
      id: textOf(engine.id),
      api: textOf(engine.api),
      pid: Number.isSafeInteger(engine.pid) ? engine.pid : 0,
    },
    rucksack: { image: typeof image === 'string' ? image : undefined },
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isScalar(value: unknown): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value)
}

function textOf(value: unknown): string {
  return isScalar(value) ? String(value) : ''
}

function isMoment(value: unknown): value is Date {
  return value instanceof Date && !Number.isNaN(value.getTime())
}
