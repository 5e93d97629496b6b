/** The one way of lines to the terminal of people: whatever they are made of, only their styles are escape sequences. */

import type { Paint } from '../../human/paint.ts'
import { visible } from './visible.ts'

/** Text, or text with a style. */
export type Piece = string | readonly [style: keyof Paint, text: string]

/** One line, with its end. Each piece is made {@link visible} here, so that nobody can forget it. */
export function paintedLine(pieces: readonly Piece[], paint: Paint): string {
  const texts = pieces.map((piece) => (typeof piece === 'string' ? unsteered(piece) : paint[piece[0]](unsteered(piece[1]))))
  return `${texts.join('')}\n`
}

/** As {@link visible}, of any length. What is visible already stays as it is. */
export function unsteered(text: string): string {
  return visible(text, Infinity)
}
