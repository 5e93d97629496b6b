/** What the person at the keyboard has chosen, and what each key changes about it. */

import { type Sort, SORT_KEYS, type SortKey } from '../model/order.ts'
import type { Key } from './keys.ts'

/** What is on the screen. */
export type Page =
  | { readonly kind: 'list' }
  | { readonly kind: 'details'; readonly key: string; readonly top: number }
  /** `from`: the page below it. */
  | { readonly kind: 'help'; readonly top: number; readonly from: Page }

/** Immutable. */
export interface UiState {
  readonly page: Page
  readonly sort: Sort
  readonly isGrouped: boolean
  readonly query: string
  readonly isTyping: boolean
  /** Row under the cursor, by key; undefined for the first one, whichever that is. */
  readonly selected: string | undefined
  /** Its place in the list when it was seen last, for when it has gone. */
  readonly index: number
  /** First line of the list that is shown. */
  readonly top: number
}

/** What a key may depend on beside the state. */
export interface Surroundings {
  /** Keys of the rows in the order on the screen. */
  readonly keys: readonly string[]
  /** Lines that are shown of the page. */
  readonly height: number
}

export const INITIAL: UiState = {
  page: { kind: 'list' },
  sort: { key: 'name', reverse: false },
  isGrouped: true,
  query: '',
  isTyping: false,
  selected: undefined,
  index: 0,
  top: 0,
}

const SORT_CHARS: Readonly<Record<string, SortKey>> = {
  n: 'name',
  e: 'engine',
  t: 'state',
  a: 'age',
  c: 'cpu',
  m: 'memory',
  p: 'pids',
}
/** Nobody types more. */
const LONGEST_QUERY = 200

/** The state after a key, or `quit`. */
export function press(state: UiState, key: Key, surroundings: Surroundings): UiState | 'quit' {
  if ('name' in key && key.name === 'ctrl-c') return 'quit'
  if (state.isTyping) return typed(state, key, surroundings)
  if ('char' in key && key.char === 'q') return 'quit'
  const { page } = state
  if ('char' in key && (key.char === '?' || key.char === 'h') && page.kind !== 'help') {
    return { ...state, page: { kind: 'help', top: 0, from: page } }
  }
  if (page.kind === 'list') return inList(state, key, surroundings)
  if (isBack(key)) return { ...state, page: page.kind === 'help' ? page.from : { kind: 'list' } }
  const top = Math.max(0, moved(page.top, key, surroundings.height, Number.MAX_SAFE_INTEGER) ?? page.top)
  return { ...state, page: { ...page, top } }
}

/** The row under the cursor, as long as there is one: the same, or the one that has come into its place. */
export function settled(state: UiState, keys: readonly string[]): UiState {
  if (state.selected === undefined) return state.index === 0 ? state : { ...state, index: 0 }
  const index = keys.indexOf(state.selected)
  if (index >= 0) return index === state.index ? state : { ...state, index }
  const next = Math.max(0, Math.min(state.index, keys.length - 1))
  return { ...state, selected: keys[next] ?? state.selected, index: keys.length === 0 ? state.index : next }
}

/** Key of the row under the cursor. */
export function cursorOf({ selected }: UiState, keys: readonly string[]): string | undefined {
  return selected ?? keys[0]
}

function inList(state: UiState, key: Key, { keys, height }: Surroundings): UiState {
  const cursor = cursorOf(state, keys)
  const next = moved(state.index, key, height, keys.length - 1)
  if (next !== undefined) {
    const index = Math.max(0, Math.min(next, keys.length - 1))
    // At the very top it stays there, whatever comes to be first.
    return { ...state, index, selected: index === 0 ? undefined : keys[index], ...(index === 0 && { top: 0 }) }
  }
  if ('name' in key) {
    if (key.name === 'enter' || key.name === 'right') {
      return cursor === undefined || !keys.includes(cursor)
        ? state
        : { ...state, selected: cursor, page: { kind: 'details', key: cursor, top: 0 } }
    }
    return key.name === 'escape' ? { ...state, query: '' } : state
  }
  const { char } = key
  const { sort } = state
  if (char === '/') return { ...state, isTyping: true }
  if (char === 'g') return { ...state, isGrouped: !state.isGrouped }
  if (char === 'r' || char === 'S') return { ...state, sort: { ...sort, reverse: !sort.reverse } }
  if (char === 's') {
    const following = SORT_KEYS[(SORT_KEYS.indexOf(sort.key) + 1) % SORT_KEYS.length] as SortKey
    return { ...state, sort: { key: following, reverse: false } }
  }
  const chosen = Object.hasOwn(SORT_CHARS, char) ? SORT_CHARS[char] : undefined
  if (chosen === undefined) return state
  return { ...state, sort: { key: chosen, reverse: chosen === sort.key && !sort.reverse } }
}

function typed(state: UiState, key: Key, surroundings: Surroundings): UiState {
  const { query } = state
  if ('char' in key) return { ...state, query: (query + key.char).slice(0, LONGEST_QUERY) }
  switch (key.name) {
    case 'enter':
      return { ...state, isTyping: false }
    case 'escape':
      return { ...state, isTyping: false, query: '' }
    case 'backspace':
      return query === '' ? { ...state, isTyping: false } : { ...state, query: query.replace(/.$/su, '') }
    case 'ctrl-u':
      return { ...state, query: '' }
    case 'ctrl-w':
      return { ...state, query: query.replace(/\S*\s*$/, '') }
    case 'up':
    case 'down':
    case 'pageup':
    case 'pagedown':
      return inList(state, key, surroundings)
    default:
      return state
  }
}

function isBack(key: Key): boolean {
  return 'name' in key ? ['escape', 'left', 'backspace', 'enter'].includes(key.name) : key.char === '?' || key.char === 'h'
}

/** Where a key leads to from line `from`; undefined when it is no key for that. */
function moved(from: number, key: Key, height: number, last: number): number | undefined {
  const page = Math.max(1, height - 1)
  if ('char' in key) return key.char === 'j' ? from + 1 : key.char === 'k' ? from - 1 : undefined
  switch (key.name) {
    case 'up':
      return from - 1
    case 'down':
      return from + 1
    case 'pageup':
      return from - page
    case 'pagedown':
      return from + page
    case 'home':
      return 0
    case 'end':
      return last
    default:
      return undefined
  }
}
