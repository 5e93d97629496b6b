/** Text of strangers, made fit to be seen: what could steer a terminal, hide, or turn the reading direction becomes an escape. */

import { withoutUnseen } from '../unseen.ts'

/** Nobody reads more on one line; an engine may send megabytes. */
const LONGEST = 1000

/** `\n`, `\t`, `\x1b`, `\u{202e}` … in place of what is not to be shown as it is.
 *  @param most  characters that are looked at */
export function visible(text: string, most: number = LONGEST): string {
  if (text.length > most) return `${visible(text.slice(0, most).replace(/[\ud800-\udbff]$/, ''), most)}…`
  return withoutUnseen(text, escaped)
}

function escaped(char: string): string {
  if (char === '\n') return '\\n'
  if (char === '\t') return '\\t'
  const code = (char.codePointAt(0) ?? 0).toString(16)
  return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u{${code}}`
}
