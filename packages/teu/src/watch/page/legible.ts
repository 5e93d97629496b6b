/** Texts of strangers, so that people see what is in them. */

/** Control characters, and the invisible ones that turn, hide or break what is written around them. */
// oxlint-disable-next-line no-control-regex
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

/** The text with each invisible character written as `\u202e`. Letters of all scripts, also those that run from right to left, stay. */
export function legible(text: string): string {
  return text.replace(UNSEEN, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** What to call a container. */
export function shownName({ name, id }: { readonly name: string; readonly id: string }): string {
  return legible(name.trim() === '' ? shortId(id) : name)
}

/** The first twelve characters, as engines show ids. */
export function shortId(id: string): string {
  return legible(id.slice(0, 12))
}
