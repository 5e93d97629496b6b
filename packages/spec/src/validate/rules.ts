/** Judges a string: undefined when it is fine, else what was expected instead. */
export type StringRule = (text: string) => string | undefined

/** Rule: a text with something in it. */
export function nonEmpty(text: string): string | undefined {
  return text === '' ? 'a string that is not empty' : undefined
}

/** Rule: a path that begins with a slash. */
export function absolutePath(text: string): string | undefined {
  return text.startsWith('/') ? undefined : 'an absolute path'
}

/** Also takes the empty string, where the specification lets it mean "absent". */
export function emptyOr(rule: StringRule): StringRule {
  return (text) => (text === '' ? undefined : rule(text))
}

/** `NAME=value`. An entry without a name or without `=` would reach the program as something that no program expects. */
export function environmentEntry(text: string): string | undefined {
  return text.indexOf('=') > 0 ? undefined : 'an entry of the form NAME=value'
}

/** True when there is a control character (Unicode's category Cc) in the text. A loop: an engine that has just started takes longer to
 *  compile `\p{Cc}` (0.07 ms) than to look at all texts of a config. */
export function holdsControlCharacter(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return true
  }
  return false
}

/** At most `max` bytes of UTF-8. */
export function fitsBytes(text: string, max: number): boolean {
  return text.length <= max && (text.length * 3 <= max || new TextEncoder().encode(text).length <= max)
}

/** A name of a network device as the kernel takes it (IFNAMSIZ 16 with the final NUL). `%` would be taken for a number to fill in. */
export function interfaceName(text: string): string | undefined {
  const isName = /^[^\s/:%]+$/.test(text) && text !== '.' && text !== '..' && fitsBytes(text, 15)
  return isName ? undefined : 'a network device name of 1 to 15 bytes without "/", ":", "%" and spaces'
}
