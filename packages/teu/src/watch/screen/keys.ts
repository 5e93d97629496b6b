/** What a terminal sends for keys. */

import { StringDecoder } from 'node:string_decoder'

/** Keys without a character. Other keys are the character. */
export type NamedKey =
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'pageup'
  | 'pagedown'
  | 'home'
  | 'end'
  | 'enter'
  | 'escape'
  | 'backspace'
  | 'delete'
  | 'tab'
  | 'ctrl-c'
  | 'ctrl-l'
  | 'ctrl-u'
  | 'ctrl-w'
  | 'ctrl-z'

/** One key. */
export type Key = { readonly name: NamedKey } | { readonly char: string }

const CONTROLS: Readonly<Record<string, NamedKey>> = {
  '\u0003': 'ctrl-c',
  '\b': 'backspace',
  '\t': 'tab',
  '\n': 'enter',
  '\f': 'ctrl-l',
  '\r': 'enter',
  '\u0015': 'ctrl-u',
  '\u0017': 'ctrl-w',
  '\u001a': 'ctrl-z',
  '\u007f': 'backspace',
}
/** After `ESC [` or `ESC O`, as xterm, the Linux console, rxvt and tmux have it. */
const SEQUENCES: Readonly<Record<string, NamedKey>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  F: 'end',
  H: 'home',
  M: 'enter',
  '1~': 'home',
  '3~': 'delete',
  '4~': 'end',
  '5~': 'pageup',
  '6~': 'pagedown',
  '7~': 'home',
  '8~': 'end',
}
/** No key has a longer one. */
const LONGEST = 32

/** Reads keys out of what comes in, in whatever pieces. */
export class KeyReader {
  readonly #decoder = new StringDecoder('utf8')
  #rest = ''

  /** True when what came last may be the Escape key, or the beginning of another one. */
  get isUndecided(): boolean {
    return this.#rest !== ''
  }

  /** The keys that are complete. */
  read(chunk: Uint8Array): Key[] {
    this.#rest += this.#decoder.write(Buffer.from(chunk))
    const keys: Key[] = []
    while (this.#rest !== '') {
      const { key, length } = first(this.#rest)
      if (length === 0) break
      this.#rest = this.#rest.slice(length)
      if (key !== undefined) keys.push(key)
    }
    return keys
  }

  /** Nothing more has come: it was the Escape key. */
  decide(): Key[] {
    const isEscape = this.#rest.startsWith('\u001b')
    this.#rest = ''
    return isEscape ? [{ name: 'escape' }] : []
  }
}

/** The first key, and how much of the text it is: nothing when it is not complete. Unknown sequences are passed over as a whole, so that their
 *  parts are not taken for keys. */
function first(text: string): { readonly key: Key | undefined; readonly length: number } {
  const [char = ''] = text
  if (char !== '\u001b') {
    const name = Object.hasOwn(CONTROLS, char) ? CONTROLS[char] : undefined
    if (name !== undefined) return { key: { name }, length: char.length }
    return { key: char < ' ' || /^\p{C}$/u.test(char) ? undefined : { char }, length: char.length }
  }
  if (text.length === 1) return { key: undefined, length: 0 }
  if (text[1] !== '[' && text[1] !== 'O') return { key: { name: 'escape' }, length: 1 }
  // oxlint-disable-next-line no-control-regex
  const [whole, parameters = '', final = ''] = /^\u001b(?:O|\[)([0-?]*)[ -/]*([@-~])/.exec(text) ?? []
  if (whole === undefined) return { key: undefined, length: text.length > LONGEST ? text.length : 0 }
  // Modifiers come after a semicolon: they change nothing here.
  const [parameter = ''] = parameters.split(';')
  const sequence = final === '~' ? `${parameter}~` : final
  const name = Object.hasOwn(SEQUENCES, sequence) ? SEQUENCES[sequence] : undefined
  return { key: name && { name }, length: whole.length }
}
