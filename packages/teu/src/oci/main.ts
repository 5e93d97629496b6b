/** teu-oci from arguments to exit status. */

import type { Io } from '../cli/io.ts'
import type { Library } from '../cli/library.ts'
import { type Log, messageOf, openLog } from '../cli/log.ts'
import { type Parsed, parseOptions, usage } from '../cli/parse.ts'
import { dispatch, type Program } from '../cli/program.ts'
import { COMMANDS } from './commands.ts'
import { createContext, type OciContext } from './context.ts'
import { GLOBALS, type GlobalValues, logOf, openOptionsOf } from './globals.ts'
import { versionText } from './version-text.ts'

const PROGRAM: Program<OciContext> = { name: 'teu-oci', summary: 'OCI runtime of teu', globals: GLOBALS, commands: COMMANDS }

/** Runs one invocation. Never rejects: a failure is one log record, a line on stderr when the log is elsewhere, and a status.
 *  @returns the exit status: 0, that of a program run in the foreground, 1 for a failure, 255 for one of `exec` */
export async function runOci(io: Io, library: Library): Promise<number> {
  let log: Log | undefined
  let failureStatus = 1
  try {
    const line = parseGlobals(io)
    const { values } = line
    log = logOf(values, io)
    if (values.version === true) {
      io.out(versionText(PROGRAM.name, formatOf(values)))
      return 0
    }
    const task = dispatch(PROGRAM, line.help ? [] : line.positionals, io)
    if ('text' in task) {
      io.out(task.text)
      return 0
    }
    const context = createContext(io, log, library, openOptionsOf(values, io))
    if (values.criu !== undefined) log.debug('--criu is ignored')
    log.debug('command', { args: line.positionals })
    failureStatus = task.command.failureStatus
    return await task.perform(context)
  } catch (error) {
    report(error, io, log)
    return failureStatus
  }
}

function parseGlobals(io: Io): Parsed<typeof GLOBALS> {
  try {
    return parseOptions(io.args, GLOBALS, { stopAtPositional: true })
  } catch (error) {
    io.err(`Usage: ${PROGRAM.name} [global options] COMMAND [options] [arguments]\n`)
    throw error
  }
}

function formatOf({ format = 'text' }: GlobalValues): 'text' | 'json' {
  if (format === 'text' || format === 'json') return format
  throw usage(`--format: expected text or json, got "${format}"`)
}

function report(error: unknown, io: Io, opened: Log | undefined): void {
  // What is wrong with the log options themselves is told where it is seen.
  const log = opened ?? openLog({ cwd: io.cwd, format: 'text', level: 'error', now: io.now, err: io.err })
  try {
    log.failure(error)
  } finally {
    if (!log.isStderr) io.err(`${messageOf(error)}\n`)
  }
}
