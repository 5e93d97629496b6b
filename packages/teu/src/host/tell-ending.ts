/** What people want to know of an end beside its status. */

import { printable } from '../cli/table.ts'
import type { HostContext } from './context.ts'
import type { Ending } from './foreground.ts'

/** Writes a line for everything that the exit status alone does not explain.
 *  @param name  of the program
 *  @param timeout  as it stands on the line */
export function tellEnding(name: string, ending: Ending, timeout: string | undefined, { io, paint }: HostContext): void {
  const notes = [
    ...(ending.timedOut ? [`stopped because its time of ${timeout ?? ''} was over`] : []),
    ...(ending.oomKilled ? ['the kernel killed in it for lack of memory'] : []),
    ...(ending.error === undefined ? [] : [`its exit status is not known: ${ending.error.message}`]),
  ]
  for (const note of notes) io.err(`${paint.bad('teu:')} ${printable(name)}: ${printable(note)}\n`)
}
