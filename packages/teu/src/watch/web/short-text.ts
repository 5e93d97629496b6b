/** Texts of strangers, cut to a length that cannot hurt anybody. */

/** The text, or its beginning and an ellipsis. Never ends in half a character.
 *  @param most  UTF-16 units that may stay */
export function shortText(text: string, most: number): string {
  if (text.length <= most) return text
  const cut = text.slice(0, most - 1)
  return `${/[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut}…`
}
