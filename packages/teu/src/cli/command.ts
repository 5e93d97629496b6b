/** A command: its options and arguments as data, and what it does. */

import type { OptionTable, OptionValues } from './options.ts'
import { parseOptions, usage } from './parse.ts'

/** A command of a program whose commands share a context `C`. */
export interface Command<C> {
  readonly name: string
  /** One line for the list of commands. */
  readonly summary: string
  /** The arguments after the options, for the usage line: `ID [SIGNAL]`. */
  readonly synopsis: string
  readonly options: OptionTable
  /** Further text at the end of the help. */
  readonly notes?: string
  /** Exit status when the command fails after its line was understood. */
  readonly failureStatus: number
  /** Reads the line. Nothing has happened yet when it throws.
   *  @returns what is to be done, resolving with the exit status; `help` when that was asked for
   *  @throws {TeuError} ERR_TEU_USAGE */
  prepare(args: readonly string[]): 'help' | ((context: C) => Promise<number>)
}

/** What {@link defineCommand} is given. */
export interface CommandDefinition<C, T extends OptionTable> {
  readonly name: string
  readonly summary: string
  readonly synopsis: string
  readonly options: T
  readonly notes?: string
  /** Default 1. */
  readonly failureStatus?: number
  /** Fewest and most arguments. */
  readonly arity: readonly [min: number, max: number]
  /** Everything from the first argument on is passed as it is. */
  readonly stopAtPositional?: boolean
  /** Looks at the whole line before anything happens; throws ERR_TEU_USAGE. */
  check?(values: OptionValues<T>, args: readonly string[]): void
  /** The exit status, 0 when it gives none. */
  run(values: OptionValues<T>, args: readonly string[], context: C): Promise<number | void> | number | void
}

/** Ties a definition's options to the values that its `run` gets. */
export function defineCommand<C, const T extends OptionTable>(definition: CommandDefinition<C, T>): Command<C> {
  const { name, arity, options, stopAtPositional = false, failureStatus = 1 } = definition
  const [min, max] = arity
  return {
    ...definition,
    failureStatus,
    prepare(args) {
      const parsed = parseOptions(args, options, { stopAtPositional })
      if (parsed.help) return 'help'
      const { values, positionals } = parsed
      const { length } = positionals
      if (length < min || length > max) throw usage(`"${name}" takes ${arityText(min, max)}, got ${length}`)
      definition.check?.(values, positionals)
      return async (context) => (await definition.run(values, positionals, context)) ?? 0
    },
  }
}

function arityText(min: number, max: number): string {
  const noun = (n: number): string => (n === 1 ? 'argument' : 'arguments')
  if (max === 0) return 'no arguments'
  if (min === max) return `exactly ${min} ${noun(min)}`
  return max === Number.POSITIVE_INFINITY ? `at least ${min} ${noun(min)}` : `${min} to ${max} arguments`
}
