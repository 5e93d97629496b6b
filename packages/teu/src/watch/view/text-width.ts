/** How many columns of a terminal a text takes. */

/** Unicode's East Asian Wide and Fullwidth, apart from emoji. @see UAX #11 */
const WIDE: readonly (readonly [from: number, to: number])[] = [
  [0x1100, 0x115f],
  [0x2329, 0x232a],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18dff],
  [0x1aff0, 0x1b2ff],
  [0x1f200, 0x1f265],
  [0x20000, 0x3fffd],
]

/** Combining marks, the joiner between emoji, and the parts of Korean syllables that join the part before. */
const ZERO = /^[\p{Mn}\p{Me}\u200d\u1160-\u11ff\ud7b0-\ud7fb]$/u
const EMOJI = /^\p{Emoji_Presentation}$/u
const PLAIN = /^[ -~]*$/

/** 0, 1 or 2 columns. */
function widthOf(char: string): number {
  const code = char.codePointAt(0) ?? 0
  if (code < 0x300) return 1
  if (ZERO.test(char)) return 0
  return EMOJI.test(char) || WIDE.some(([from, to]) => code >= from && code <= to) ? 2 : 1
}

/** Columns of a text that is {@link visible}. */
export function textWidth(text: string): number {
  if (PLAIN.test(text)) return text.length
  let width = 0
  for (const char of text) width += widthOf(char)
  return width
}

/** A text in exactly `width` columns: filled up with spaces, at its end or before it, or cut with an ellipsis. */
export function fitted(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const own = textWidth(text)
  const kept = own > width ? cut(text, width) : text
  const space = ' '.repeat(Math.max(0, width - (own > width ? textWidth(kept) : own)))
  return align === 'left' ? kept + space : space + kept
}

/** A text in pieces of at most `width` columns. */
export function pieces(text: string, width: number): string[] {
  const result: string[] = []
  let piece = ''
  let used = 0
  for (const char of text) {
    const more = widthOf(char)
    if (piece !== '' && used + more > width) {
      result.push(piece)
      piece = ''
      used = 0
    }
    piece += char
    used += more
  }
  return [...result, piece]
}

/** A text in at most `width` columns. */
export function cut(text: string, width: number): string {
  if (width <= 0) return ''
  if (textWidth(text) <= width) return text
  let kept = ''
  let used = 0
  for (const char of text) {
    const more = widthOf(char)
    if (used + more > width - 1) break
    kept += char
    used += more
  }
  return `${kept}…`
}
