/** What has happened last, in a few words. */

import { isContainerEvent, type WatchEvent } from '@teu/watch'
import { engineName } from '../model/row.ts'
import { wholeNumberText } from '../view/amounts.ts'

/** Undefined for what needs no words: what was found at the beginning is on the screen. */
export function noticeOf(event: WatchEvent): string | undefined {
  const time = event.timestamp.toTimeString().slice(0, 8)
  if (!isContainerEvent(event)) {
    return `${time} ${engineName(event.engine.type)} ${event.type === 'synced' ? 'connected' : 'lost'}`
  }
  const { type, container, previous, exitCode, source } = event
  const { name } = container
  if (type === 'started' && source === 'sync') return undefined
  if (type === 'exited' && exitCode !== undefined) return `${time} ${name} exited (${wholeNumberText(exitCode)})`
  if (type === 'updated' && previous !== undefined && previous.name !== name) return `${time} ${previous.name} is ${name} now`
  return `${time} ${name} ${type}`
}
