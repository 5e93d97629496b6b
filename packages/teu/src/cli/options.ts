/** What options a command knows, as data, and the types that follow from it. */

/** One option. `flag` is a boolean, `text` takes a value and the last one wins, `list` takes a value each time it is given. */
export interface OptionSpec {
  readonly kind: 'flag' | 'text' | 'list'
  /** One letter, given as `-x`. */
  readonly short?: string
  /** Name of the value in the help text; for `text` and `list`. */
  readonly value?: string
  /** One line for the help text; without it the option is accepted and not shown. */
  readonly help?: string
}

/** Long name → option. */
export type OptionTable = Readonly<Record<string, OptionSpec>>

/** What parsing gives for a table: a boolean, a string or an array per option; an option that was not given is absent. */
export type OptionValues<T extends OptionTable> = {
  readonly [K in keyof T]?: T[K]['kind'] extends 'flag' ? boolean : T[K]['kind'] extends 'list' ? readonly string[] : string
}

/** The help option, which every table has. */
export const HELP: OptionSpec = { kind: 'flag', short: 'h', help: 'Show this text' }
