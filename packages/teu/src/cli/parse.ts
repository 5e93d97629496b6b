/**
 * Parsing of a command line against a table of options.
 *
 * The rules are those that engines rely on: `--name value`, `--name=value`, `-x value`, one dash for long names too
 * (`-no-subreaper`), `--flag=true|false`, options and positionals in any order, a value that may itself begin with a dash
 * (`--memory -1`), lists that do not split at commas, `--` as the end of the options.
 */

import { TeuError } from '@teu/spec'
import { nearest } from './nearest.ts'
import { HELP, type OptionSpec, type OptionTable, type OptionValues } from './options.ts'

/** Result of {@link parseOptions}. */
export interface Parsed<T extends OptionTable> {
  readonly values: OptionValues<T>
  /** Everything that is not an option, in order. */
  readonly positionals: readonly string[]
  /** True when `-h` or `--help` was met; the rest of the line has then not been looked at. */
  readonly help: boolean
}

/** How {@link parseOptions} treats positionals. */
export interface ParseMode {
  /** From the first positional on nothing is an option any more (`exec ID cmd -x`, global options). */
  readonly stopAtPositional?: boolean
}

/** Parses `args`.
 *  @throws {TeuError} ERR_TEU_USAGE for an unknown option, a missing value (`flag needs an argument`: engines probe for this
 *    phrase) or a boolean that is neither true nor false */
export function parseOptions<T extends OptionTable>(args: readonly string[], table: T, mode: ParseMode = {}): Parsed<T> {
  const values = Object.create(null) as Record<string, boolean | string | string[]>
  const positionals: string[] = []
  let index = 0
  while (index < args.length) {
    const arg = args[index++] as string
    if (arg === '--') {
      positionals.push(...args.slice(index))
      break
    }
    if (arg === '-' || !arg.startsWith('-')) {
      positionals.push(arg)
      if (mode.stopAtPositional !== true) continue
      positionals.push(...args.slice(index))
      break
    }
    for (const { name, spec, inline } of readToken(arg, table)) {
      if (name === 'help') return { values: {}, positionals, help: true }
      if (spec.kind === 'flag') {
        values[name] = inline === undefined || parseBoolean(name, inline)
        continue
      }
      const value = inline ?? args[index++]
      if (value === undefined) throw usage(`flag needs an argument: --${name}`)
      const former = values[name]
      if (spec.kind === 'text') values[name] = value
      else if (Array.isArray(former)) former.push(value)
      else values[name] = [value]
    }
  }
  return { values: values as OptionValues<T>, positionals, help: false }
}

interface Found {
  readonly name: string
  readonly spec: OptionSpec
  /** The part after `=`. */
  readonly inline: string | undefined
}

/** One token is one option, or several one-letter flags behind one dash of which only the last may take a value (`-it`). */
function readToken(token: string, table: OptionTable): Found[] {
  const long = token.startsWith('--')
  const body = token.slice(long ? 2 : 1)
  const equals = body.indexOf('=')
  const name = equals < 0 ? body : body.slice(0, equals)
  const inline = equals < 0 ? undefined : body.slice(equals + 1)
  const spec = lookUp(table, name)
  if (spec !== undefined) return [{ name, spec, inline }]
  const letters = long ? undefined : readLetters(name, inline, table)
  if (letters === undefined) throw unknownOption(token, name, table)
  return letters
}

/** Undefined when a letter is no option, or one before the last is no flag. */
function readLetters(letters: string, inline: string | undefined, table: OptionTable): Found[] | undefined {
  const found: Found[] = []
  for (let n = 0; n < letters.length; n += 1) {
    const isLast = n === letters.length - 1
    const option = byLetter(table, letters[n] as string)
    if (option === undefined || (!isLast && option[1].kind !== 'flag')) return undefined
    found.push({ name: option[0], spec: option[1], inline: isLast ? inline : undefined })
  }
  return found.length > 0 ? found : undefined
}

/** Only own properties count: `--constructor` is not an option. */
function lookUp(table: OptionTable, name: string): OptionSpec | undefined {
  if (name === 'help') return HELP
  return Object.hasOwn(table, name) ? table[name] : undefined
}

function byLetter(table: OptionTable, letter: string): [string, OptionSpec] | undefined {
  for (const [name, spec] of Object.entries(table)) if (spec.short === letter) return [name, spec]
  return letter === HELP.short ? ['help', HELP] : undefined
}

function parseBoolean(name: string, text: string): boolean {
  switch (text.toLowerCase()) {
    case '1':
    case 't':
    case 'true':
      return true
    case '0':
    case 'f':
    case 'false':
      return false
  }
  throw usage(`--${name}: expected true or false, got "${text}"`)
}

function unknownOption(token: string, name: string, table: OptionTable): TeuError {
  const close = nearest(name, Object.keys(table))
  return usage(`unknown option ${token}`, close === undefined ? undefined : `Did you mean --${close}?`)
}

/** A mistake on the command line. */
export function usage(message: string, remedy?: string): TeuError {
  return new TeuError('ERR_TEU_USAGE', message, { remedy })
}
