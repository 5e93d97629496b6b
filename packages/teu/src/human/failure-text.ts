/** Failures, for people. */

import { isTeuError } from '@teu/spec'
import type { Io } from '../cli/io.ts'
import { messageOf } from '../cli/log.ts'
import { printable } from '../cli/table.ts'
import { paintFor } from './paint.ts'

/** What went wrong, where in the config or the plan, and what to do about it.
 *  @param debug  show where in teu it came from, too */
export function failureText(error: unknown, io: Io, debug: boolean): string {
  const paint = paintFor(io)
  const lines = [`${paint.bad('teu:')} ${messageOf(error)}`]
  if (isTeuError(error)) {
    const { pointer, step, remedy, suppressed = [] } = error
    if (pointer !== undefined) lines.push(paint.dim(`  asked for by ${printable(pointer)} of the config`))
    if (step !== undefined) lines.push(paint.dim(`  at step ${step.index}, ${step.op}, in the ${step.stage} stage`))
    for (const other of suppressed) lines.push(paint.dim(`  and while cleaning up: ${messageOf(other)}`))
    if (remedy !== undefined) lines.push(`  ${paint.good(printable(remedy))}`)
  }
  if (debug && error instanceof Error && error.stack !== undefined) lines.push(error.stack)
  return `${lines.join('\n')}\n`
}
