/** The commands for a daemon. */

import type { HostCommand } from './context.ts'
import { events } from './events.ts'
import { exec } from './exec.ts'
import { imagesImport } from './images-import.ts'
import { imagesList, imagesRemove } from './images.ts'
import { inspect } from './inspect.ts'
import { kill } from './kill.ts'
import { ps } from './ps.ts'
import { rm } from './rm.ts'
import { run } from './run.ts'
import { start } from './start.ts'
import { stats } from './stats.ts'
import { stop } from './stop.ts'
import { version } from './version.ts'

/** In the order of the help. */
export const HOST_COMMANDS: readonly HostCommand[] = [
  run,
  exec,
  ps,
  stats,
  inspect,
  events,
  start,
  stop,
  kill,
  rm,
  imagesList,
  imagesImport,
  imagesRemove,
  version,
]

/** Other words for the commands below `images`. */
const ALIASES: Readonly<Record<string, string>> = { ls: 'list', remove: 'rm', load: 'import' }

/** Makes one word of `images` and what follows it, which is `list` when nothing does. */
export function joinImagesWords(words: readonly string[]): readonly string[] {
  const [first = '', ...rest] = words
  if (first === 'help') return [first, ...joinImagesWords(rest)]
  if (first !== 'images') return words
  const [second = 'list', ...args] = rest
  if (second.startsWith('-')) return ['images list', ...rest]
  return [`images ${Object.hasOwn(ALIASES, second) ? ALIASES[second] : second}`, ...args]
}
