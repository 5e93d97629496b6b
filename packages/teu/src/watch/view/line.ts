/** A line of the screen before it becomes escape sequences: pieces of text with a meaning. */

import { unsteered } from './painted.ts'
import { cut, textWidth } from './text-width.ts'

/** What a piece of text is. */
export type Style = 'bold' | 'dim' | 'good' | 'warn' | 'bad' | 'accent' | 'selected'

/** A piece of text, {@link visible} and as wide as it is to be. */
export interface Span {
  readonly text: string
  readonly styles: readonly Style[]
}

export type Line = readonly Span[]

/** A piece of text. */
export function span(text: string, ...styles: readonly Style[]): Span {
  return { text, styles }
}

/** The whole line as one bar: colours on it would be hard to read. */
export function selected(line: Line): Line {
  return [span(lineText(line), 'selected')]
}

/** Text alone. */
export function lineText(line: Line): string {
  return line.map(({ text }) => text).join('')
}

/** Select Graphic Rendition. @see ECMA-48 8.3.117 */
const CODES: Readonly<Record<Style, number>> = { bold: 1, dim: 2, bad: 31, good: 32, warn: 33, accent: 36, selected: 7 }
const COLOURS: ReadonlySet<Style> = new Set(['bad', 'good', 'warn', 'accent'])

/** What a terminal is sent for a line that begins in its first column. After text whose width terminals do not agree on the column is set
 *  anew, so that what follows stands in line. */
export function rendered(line: Line, colour: boolean): string {
  let result = ''
  let column = 1
  let certain = true
  for (const { text, styles } of line) {
    if (text === '') continue
    if (!certain) result += `\u001b[${column}G`
    const codes = styles.filter((style) => colour || !COLOURS.has(style)).map((style) => CODES[style])
    certain = /^[ -~▁-█●○…·↑↓─]*$/.test(text)
    // Everything on the screen comes by here: what is not visible yet steers no terminal either.
    const shown = certain ? text : unsteered(text)
    result += codes.length === 0 ? shown : `\u001b[${codes.join(';')}m${shown}\u001b[0m`
    column += textWidth(text)
  }
  return result
}

/** A line in at most `width` columns. */
export function clipped(line: Line, width: number): Line {
  const result: Span[] = []
  let left = width
  for (const { text, styles } of line) {
    if (left <= 0) break
    const kept = cut(text, left)
    result.push({ text: kept, styles })
    if (kept !== text) break
    left -= textWidth(kept)
  }
  return result
}

/** Two texts at both ends of a line of `width` columns; the right one goes first when there is no room. */
export function spread(left: Line, right: Line, width: number): Line {
  const gap = width - textWidth(lineText(left)) - textWidth(lineText(right))
  return gap < 1 ? clipped(left, width) : [...left, span(' '.repeat(gap)), ...right]
}
