/** Colour for people, when there is somebody to see it. */

import type { Io } from '../cli/io.ts'

/** Wraps text in the escape sequences of a style, or leaves it alone. */
export interface Paint {
  bad(text: string): string
  good(text: string): string
  dim(text: string): string
  bold(text: string): string
}

/** Colours are used on a terminal, unless NO_COLOR is set to anything (no-color.org) or TERM is `dumb`. */
export function paintFor(io: Pick<Io, 'env' | 'isErrTerminal'>): Paint {
  const { NO_COLOR: off, TERM: term } = io.env
  let known: boolean | undefined
  // Asking for the terminal takes a while, and most runs have nothing to say.
  const isOn = (): boolean => (known ??= (off === undefined || off === '') && term !== 'dumb' && io.isErrTerminal())
  const style =
    (code: number) =>
    (text: string): string =>
      isOn() ? `\u001b[${code}m${text}\u001b[0m` : text
  return { bad: style(31), good: style(32), dim: style(2), bold: style(1) }
}
