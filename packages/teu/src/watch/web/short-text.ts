/** Texts of strangers, cut to a length that cannot hurt anybody. */

/** The text, or its beginning and an ellipsis. Never ends in half a character. What an engine has said in place of a text is empty.
 *  @param most  UTF-16 units that may stay */
export function shortText(text: unknown, most: number): string {
  if (typeof text !== 'string') return ''
  if (text.length <= most) return text
  const cut = text.slice(0, most - 1)
  return `${/[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut}…`
}
