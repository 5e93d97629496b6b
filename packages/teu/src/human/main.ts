/** teu from arguments to exit status. */

import { resolve } from 'node:path'
import { isTeuError } from '@teu/spec'
import type { Io } from '../cli/io.ts'
import { messageOf } from '../cli/log.ts'
import type { OptionTable } from '../cli/options.ts'
import { parseOptions } from '../cli/parse.ts'
import { dispatch, type Program } from '../cli/program.ts'
import { printable } from '../cli/table.ts'
import type { TeuContext } from './context.ts'
import { failureStatus } from './ending.ts'
import type { Engine } from './engine.ts'
import { explain } from './explain.ts'
import { paintFor } from './paint.ts'
import { run } from './run.ts'
import { version, versionOf } from './version.ts'

const GLOBALS = {
  root: { kind: 'text', value: 'DIR', help: 'State root (default /run/teu, or $XDG_RUNTIME_DIR/teu for an ordinary user)' },
  debug: { kind: 'flag', help: 'Show where in teu a failure came from' },
  version: { kind: 'flag', short: 'v', help: 'Print the version' },
} as const satisfies OptionTable

const PROGRAM: Program<TeuContext> = { name: 'teu', summary: 'containers, for people', globals: GLOBALS, commands: [run, explain, version] }

/** Runs one invocation. Never rejects.
 *  @returns the exit status: that of the program that was run; 125 to 127 when it could not be, as docker and podman have it */
export async function runTeu(io: Io, engine: Engine): Promise<number> {
  let debug = false
  try {
    const { values, positionals, help } = parseOptions(io.args, GLOBALS, { stopAtPositional: true })
    debug = values.debug ?? false
    if (values.version === true) {
      io.out(versionOf('text'))
      return 0
    }
    const task = dispatch(PROGRAM, help ? [] : positionals, io)
    if ('text' in task) {
      io.out(task.text)
      return 0
    }
    const root = values.root === undefined ? undefined : resolve(io.cwd, values.root)
    return await task.perform({ io, engine, root, paint: paintFor(io) })
  } catch (error) {
    io.err(failureText(error, io, debug))
    return failureStatus(error)
  }
}

/** What went wrong, where in the config or the plan, and what to do about it. */
function failureText(error: unknown, io: Io, debug: boolean): string {
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
