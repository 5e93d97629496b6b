/** From the words after the global options to what is to be done: shared by both command lines. */

import { isTeuError } from '@teu/spec'
import type { Command } from './command.ts'
import { commandHelp, programHelp, usageLine } from './help.ts'
import type { Io } from './io.ts'
import { nearest } from './nearest.ts'
import type { OptionTable } from './options.ts'
import { usage } from './parse.ts'

/** A command line with several commands. */
export interface Program<C> {
  readonly name: string
  /** A few words for the head of the help. */
  readonly summary: string
  readonly globals: OptionTable
  readonly commands: readonly Command<C>[]
}

/** Either a text to print, or a command that is ready to run. */
export type Dispatch<C> = { readonly text: string } | { readonly command: Command<C>; readonly perform: (context: C) => Promise<number> }

/** Finds the command and reads its line. A line that is wrong gets the usage of its command on stderr.
 *  @throws {TeuError} ERR_TEU_USAGE for an unknown command or a wrong line */
export function dispatch<C>(program: Program<C>, words: readonly string[], io: Io): Dispatch<C> {
  const [name, ...args] = words
  if (name === undefined) return { text: programHelp(program) }
  if (name === 'help') {
    const topic = args[0]
    return { text: topic === undefined ? programHelp(program) : commandHelp(program.name, find(program, topic)) }
  }
  const command = find(program, name)
  try {
    const perform = command.prepare(args)
    return perform === 'help' ? { text: commandHelp(program.name, command) } : { command, perform }
  } catch (error) {
    if (isTeuError(error, 'ERR_TEU_USAGE')) {
      io.err(`${usageLine(program.name, command)}\nRun "${program.name} ${command.name} --help" for its options\n`)
    }
    throw error
  }
}

function find<C>({ name: program, commands }: Program<C>, name: string): Command<C> {
  for (const command of commands) if (command.name === name) return command
  const close = nearest(
    name,
    commands.map((one) => one.name),
  )
  throw usage(
    `unknown command "${name}" for ${program}`,
    close === undefined ? `Run "${program} --help" for the commands` : `Did you mean "${close}"?`,
  )
}
