/** Text of a plan for the eyes of people. Values may have been chosen by anybody: no character of them reaches the terminal as a command. */

/** The string with quotes where it has spaces, and control and formatting characters as escapes. */
export function quoted(text: string): string {
  const escaped = text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\\"]/gu, escapeCharacter)
  return escaped === text && text !== '' && !/\s/.test(text) ? text : `"${escaped}"`
}

/** Several strings, in order. */
export function quotedList(texts: readonly string[], limit = 12): string {
  const shown = texts.slice(0, limit).map(quoted)
  return [...shown, ...(texts.length > limit ? [`… ${texts.length - limit} more`] : [])].join(' ')
}

/** Names of environment variables, with their values only when asked for: values are often secrets. */
export function environmentEntry(entry: string, showValue: boolean): string {
  const equals = entry.indexOf('=')
  return showValue || equals < 0 ? entry : `${entry.slice(0, equals)}=…`
}

/** Bytes as text if they are short printable text (with line ends), else undefined. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return /[^\P{Cc}\n\t]/u.test(text) ? undefined : text
  } catch {
    return undefined
  }
}

function escapeCharacter(character: string): string {
  const short: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\r': '\\r', '\\': '\\\\', '"': '\\"' }
  return short[character] ?? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}
