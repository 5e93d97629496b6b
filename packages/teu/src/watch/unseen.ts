/** Characters that nobody sees, or that do something to what is written around them: the same for the terminal and the page. Knows neither
 *  Node nor the DOM. */

/** Emoji with what may belong to them: their look, a colour of the skin, and a joiner where it stands between two. Keycaps are among them. */
const EMOJI =
  '\\p{Extended_Pictographic}\\ufe0f?\\p{Emoji_Modifier}?(?:\\u200d\\p{Extended_Pictographic}\\ufe0f?\\p{Emoji_Modifier}?)*|[0-9#*]\\ufe0f\\u20e3'

/**
 * In the order of the class:
 *
 *   - Controls, formats (bidirectional ones, joiners, tags), surrogates without their other half, private use, what is not assigned.
 *   - Separators of lines and paragraphs.
 *   - Default_Ignorable_Code_Point: what is drawn as nothing by those who do not know it, fillers and selectors of variants among it. @see UAX #44
 *   - Spaces but the plain one.
 *   - What is a symbol by its name and looks like nothing: the empty pattern of Braille, the musical null note head.
 */
const UNSEEN = '[\\p{C}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}\\u00a0\\u1680\\u2000-\\u200a\\u202f\\u205f\\u3000\\u2800\\u{1d159}]'

const EITHER = new RegExp(`(${EMOJI})|${UNSEEN}`, 'gu')

/** Of marks that are piled on one character, the first few are left. */
const PILE = /(\p{M}{3})\p{M}+/gu

/** The text with each of these characters written as `escaped` has it, and everything else as it is. Letters of all scripts stay, also those
 *  that run from right to left, and emoji. */
export function withUnseenWritten(text: string, escaped: (char: string) => string): string {
  // Most texts are plain, and this is asked for in every frame.
  if (/^[ -~]*$/.test(text)) return text
  return text.replace(EITHER, (found, emoji: string | undefined) => emoji ?? escaped(found))
}

/** The same for people: piled-up marks are cut. */
export function withoutUnseen(text: string, escaped: (char: string) => string): string {
  return withUnseenWritten(text, escaped).replace(PILE, '$1')
}
