/** teu from arguments to exit status. */

import { resolve } from 'node:path'
import type { Io } from '../cli/io.ts'
import { parseOptions, usage } from '../cli/parse.ts'
import { dispatch, type Program } from '../cli/program.ts'
import type { TeuContext } from './context.ts'
import { failureStatus } from './ending.ts'
import type { Engine } from './engine.ts'
import { explain } from './explain.ts'
import { failureText } from './failure-text.ts'
import { GLOBALS, type GlobalValues } from './globals.ts'
import type { HostDoor } from './host-door.ts'
import { paintFor } from './paint.ts'
import { run } from './run.ts'
import { version, versionOf } from './version.ts'
import { watch } from '../watch/command.ts'

const PROGRAM: Program<TeuContext> = {
  name: 'teu',
  summary: 'containers, for people',
  globals: GLOBALS,
  commands: [run, explain, watch, version],
}

/** Runs one invocation. Never rejects.
 *  @returns the exit status: that of the program that was run; 125 to 127 when it could not be, as docker and podman have it */
export async function runTeu(io: Io, engine: Engine, door: HostDoor): Promise<number> {
  let debug = false
  try {
    const { values, positionals, help } = parseOptions(io.args, GLOBALS, { stopAtPositional: true })
    debug = values.debug ?? false
    if (values.version === true) {
      io.out(versionOf('text'))
      return 0
    }
    const words = help ? [] : positionals
    const root = values.root === undefined ? undefined : resolve(io.cwd, values.root)
    const [name] = words
    if (name === watch.name && values.host !== undefined) {
      throw usage('watch: cannot be used with --host: it shows all engines of the machine', 'Name an engine with --engine, or none')
    }
    if (isForHost(values, words, io)) {
      const { runHostCommand } = await import('../host/main.ts')
      return await runHostCommand({ words, values, root, io, door, local: PROGRAM, debug })
    }
    if (values.namespace !== undefined) throw usage('--namespace: only a daemon has namespaces', 'Name the daemon with --host')
    const task = dispatch(PROGRAM, words, io)
    if ('text' in task) {
      io.out(task.text)
      return 0
    }
    return await task.perform({ io, engine, door, root, paint: paintFor(io) })
  } catch (error) {
    io.err(failureText(error, io, debug))
    return failureStatus(error)
  }
}

/** Everything but the commands for containers of teu itself: their start is not to wait for what they do not need. */
function isForHost(values: GlobalValues, words: readonly string[], { env }: Io): boolean {
  const [first, second] = words
  const name = first === 'help' ? second : first
  const isOwn = PROGRAM.commands.some((command) => command.name === name)
  if (!isOwn || values.host !== undefined) return true
  // A plan is made on this machine, and its engines are watched, whatever the variable says.
  return env['TEU_HOST'] !== undefined && env['TEU_HOST'] !== '' && name !== explain.name && name !== watch.name
}
