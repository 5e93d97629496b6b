/** Text of strangers, made fit to be seen: what could steer a terminal, hide, or turn the reading direction becomes an escape. */

/** Other than letters, marks, numbers, punctuation, symbols and plain space: controls, formats (bidirectional ones, joiners, tags), line
 *  separators, surrogates without their other half, private use, and what Unicode has not assigned. */
const HIDDEN = /[\p{C}\p{Zl}\p{Zp}]/gu

/** Of marks that are piled on one character, the first few are left. */
const PILE = /(\p{M}{3})\p{M}+/gu

/** Nobody reads more on one line; an engine may send megabytes. */
const LONGEST = 1000

/** `\n`, `\t`, `\x1b`, `\u{202e}` … in place of what is not to be shown as it is.
 *  @param most  characters that are looked at */
export function visible(text: string, most: number = LONGEST): string {
  if (text.length > most) return `${visible(text.slice(0, most).replace(/[\ud800-\udbff]$/, ''), most)}…`
  // Most texts are plain, and this is asked for every frame.
  if (/^[ -~]*$/.test(text)) return text
  return text.replace(HIDDEN, escaped).replace(PILE, '$1')
}

function escaped(char: string): string {
  if (char === '\n') return '\\n'
  if (char === '\t') return '\\t'
  const code = (char.codePointAt(0) ?? 0).toString(16)
  return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u{${code}}`
}
