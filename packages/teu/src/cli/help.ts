/** Help texts, made from the tables that the parser uses. */

import type { Command } from './command.ts'
import { HELP, type OptionTable } from './options.ts'

/** A program as its help describes it. */
export interface ProgramText {
  readonly name: string
  readonly summary: string
  readonly globals: OptionTable
  readonly commands: readonly CommandText[]
  /** Commands under a heading of their own. */
  readonly more?: { readonly title: string; readonly commands: readonly CommandText[] }
}

type CommandText = Pick<Command<never>, 'name' | 'summary' | 'synopsis'>

/** Help of the whole program. */
export function programHelp({ name, summary, globals, commands, more }: ProgramText): string {
  const width = Math.max(...[...commands, ...(more?.commands ?? [])].map((command) => command.name.length))
  const linesOf = (list: readonly CommandText[]): string =>
    list.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}\n`).join('')
  const others = more === undefined ? '' : `\n${more.title}:\n${linesOf(more.commands)}`
  return `${name}: ${summary}

Usage: ${name} [global options] COMMAND [options] [arguments]

Commands:
${linesOf(commands)}${others}
Global options:
${optionLines(globals)}
Run "${name} COMMAND --help" for the options of a command.
`
}

/** Help of one command. */
export function commandHelp(program: string, command: Command<never>): string {
  const notes = command.notes === undefined ? '' : `\n${command.notes}\n`
  return `${usageLine(program, command)}

${command.summary}.

Options:
${optionLines(command.options)}${notes}`
}

/** `Usage: teu-oci kill [options] ID [SIGNAL]`, without line end. */
export function usageLine(program: string, { name, synopsis }: Pick<Command<never>, 'name' | 'synopsis'>): string {
  return `Usage: ${program} ${name} [options]${synopsis === '' ? '' : ` ${synopsis}`}`
}

function optionLines(table: OptionTable): string {
  const rows: [string, string][] = []
  for (const [name, { kind, short, value, help }] of [...Object.entries(table), ['help', HELP] as const]) {
    if (help === undefined) continue
    const letter = short === undefined ? '    ' : `-${short}, `
    rows.push([`  ${letter}--${name}${kind === 'flag' ? '' : ` ${value ?? 'VALUE'}`}`, help])
  }
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, help]) => `${left.padEnd(width)}  ${help}\n`).join('')
}
