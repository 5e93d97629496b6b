/** `teu watch` as lines: one for each event, until it is ended. */

import type { Writable } from 'node:stream'
import { isContainerEvent, type MergedWatcher } from '@teu/watch'
import { documentLine } from './event-document.ts'
import { eventText, type TextStyle } from './event-text.ts'
import { soundContainer, soundEvent } from './model/sound.ts'
import type { WatchRequest } from './watch-options.ts'

/** Prints events until the signal is aborted. Whoever reads too slowly gets, per container, the result of what he has missed.
 *  @throws the error of the output: EPIPE when nobody reads any more */
export async function printEvents(
  watcher: MergedWatcher,
  request: Pick<WatchRequest, 'format' | 'selection'>,
  style: TextStyle,
  output: Writable,
  signal: AbortSignal,
): Promise<void> {
  const { format, selection } = request
  // A write that fails tells it to its callback, and to the stream.
  output.on('error', () => undefined)
  for await (const told of watcher.events({ filter: (container) => selection.container(soundContainer(container)), signal })) {
    const event = soundEvent(told)
    if (!isContainerEvent(event) && !selection.engine(event.engine)) continue
    await written(output, format === 'json' ? documentLine(event) : eventText(event, style), signal)
  }
}

/** Resolves when the text is out, or nobody waits for it any more. */
function written(output: Writable, text: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => resolve()
    signal.addEventListener('abort', abort, { once: true })
    output.write(text, (error) => {
      signal.removeEventListener('abort', abort)
      if (error) reject(error)
      else resolve()
    })
  })
}
