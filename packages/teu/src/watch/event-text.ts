/** Events as lines for people. */

import { type ContainerEvent, isContainerEvent, type WatchEvent } from '@teu/watch'
import type { Paint } from '../human/paint.ts'
import { messageOf } from './event-document.ts'
import { momentText, wholeNumberText } from './view/amounts.ts'
import { paintedLine, type Piece } from './view/painted.ts'
import { visible } from './view/visible.ts'

/** How lines are written. */
export interface TextStyle {
  readonly paint: Paint
  /** Ids in full. */
  readonly full: boolean
}

/** One line, with its end. Names, labels and messages are those of strangers: they cannot steer the terminal, see {@link paintedLine}. */
export function eventText(event: WatchEvent, { paint, full }: TextStyle): string {
  const { timestamp, engine } = event
  const time: Piece = ['dim', momentText(timestamp)]
  const where = `${visible(engine.type)} ${visible(engine.api)}`
  if (!isContainerEvent(event)) {
    if (event.type === 'synced') return paintedLine([time, ' ', ['good', 'watching'], ` ${where}`], paint)
    return paintedLine([time, ' ', ['bad', 'lost'], ` ${where}: ${visible(messageOf(event.error))}`], paint)
  }
  const { container, previous, exitCode, view } = event
  const { id, name, project, pid, startedAt } = container
  const renamed = previous !== undefined && previous.name !== name
  const isNew = event.type === 'started'
  const details = [
    ...(renamed ? [`before: ${visible(previous.name)}`] : []),
    ...(project === '' ? [] : [`project ${visible(project)}`]),
    `id ${visible(full ? id : shortId(id))}`,
    ...(isNew ? [`pid ${wholeNumberText(pid)}`] : []),
    ...(isNew && event.source === 'sync' && startedAt !== undefined ? [`since ${momentText(startedAt)}`] : []),
    ...(exitCode === undefined ? [] : [`exit code ${wholeNumberText(exitCode)}`]),
    ...(view === undefined ? [] : [view === 'left' ? 'no longer selected' : 'selected from now on']),
    where,
  ]
  return paintedLine([time, ' ', wordOf(event), ' ', ['bold', visible(name)], ' ', ['dim', `(${details.join(', ')})`]], paint)
}

/** A container that is there is not one that was just born. */
function wordOf({ type, source, exitCode }: ContainerEvent): Piece {
  if (type === 'started') return ['good', source === 'sync' ? 'found' : type]
  return type === 'exited' && exitCode !== 0 ? ['bad', type] : type
}

/** What only a machine could have made up, cut to what people still can compare. */
export function shortId(id: string): string {
  return /^[0-9a-f]{64}$/.test(id) ? id.slice(0, 12) : id
}
