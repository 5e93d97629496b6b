/** Texts of strangers, so that people see what is in them. */

import { withoutUnseen } from '../unseen.ts'

/** The text with each invisible character written as `\u202e`, and those beyond four digits as `\u{e0041}`. */
export function legible(text: string): string {
  return withoutUnseen(text, (char) => {
    const code = (char.codePointAt(0) ?? 0).toString(16)
    return code.length <= 4 ? `\\u${code.padStart(4, '0')}` : `\\u{${code}}`
  })
}

/** What to call a container. */
export function shownName({ name, id }: { readonly name: string; readonly id: string }): string {
  return legible(name.trim() === '' ? shortId(id) : name)
}

/** The first twelve characters, as engines show ids. */
export function shortId(id: string): string {
  return legible(id.slice(0, 12))
}
