import { describe, expect, it } from 'vitest'
import type { Key } from './keys.ts'
import { cursorOf, INITIAL, press, settled, type UiState } from './ui-state.ts'

const KEYS = ['a', 'b', 'c', 'd', 'e', 'f']

/** Presses keys, `<name>` or characters, one after the other. */
function after(keys: string, from: UiState = INITIAL, rows: readonly string[] = KEYS): UiState {
  return (keys.match(/<[\w-]+>|./gsu) ?? []).reduce((state, text) => {
    const key = (text.startsWith('<') && text.length > 1 ? { name: text.slice(1, -1) } : { char: text }) as Key
    const next = press(settled(state, rows), key, { keys: rows, height: 3 })
    if (next === 'quit') throw new Error('quit')
    return next
  }, from)
}

const cursor = (keys: string): string | undefined => cursorOf(after(keys), KEYS)

describe('the cursor', () => {
  it.each([
    ['', 'a'],
    ['j', 'b'],
    ['<down><down><up>', 'b'],
    ['k', 'a'],
    ['<pagedown>', 'c'],
    ['<pagedown><pagedown><pagedown>', 'f'],
    ['<end>', 'f'],
    ['<end>j', 'f'],
    ['<end><home>', 'a'],
    ['<end><pageup>', 'd'],
  ])('after %j is on %s', (keys, row) => expect(cursor(keys)).toBe(row))

  it('stays on its container when the order changes, and at the top when it was not moved', () => {
    const state = settled(after('jj'), ['x', 'c', 'a'])
    expect([cursorOf(state, ['x', 'c', 'a']), state.index]).toEqual(['c', 1])
    expect(cursorOf(settled(after(''), ['x', 'c']), ['x', 'c'])).toBe('x')
    expect(cursorOf(after('jk'), ['x', 'a'])).toBe('x')
  })

  it('moves to what has come into the place of what has gone', () => {
    expect(settled(after('jj'), ['a', 'b', 'd', 'e'])).toMatchObject({ selected: 'd', index: 2 })
    expect(settled(after('<end>'), ['a'])).toMatchObject({ selected: 'a', index: 0 })
    const none = settled(after('jj'), [])
    expect(settled(none, KEYS)).toMatchObject({ selected: 'c', index: 2 })
  })
})

describe('sorting', () => {
  it.each([
    ['c', { key: 'cpu', reverse: false }],
    ['cc', { key: 'cpu', reverse: true }],
    ['ccc', { key: 'cpu', reverse: false }],
    ['ccm', { key: 'memory', reverse: false }],
    ['n', { key: 'name', reverse: true }],
    ['s', { key: 'engine', reverse: false }],
    ['sssssss', { key: 'name', reverse: false }],
    ['pr', { key: 'pids', reverse: true }],
    ['x', { key: 'name', reverse: false }],
  ])('%s', (keys, sort) => expect(after(keys).sort).toEqual(sort))

  it('is by project or not', () => {
    expect([after('g').isGrouped, after('gg').isGrouped]).toEqual([false, true])
  })
})

describe('filtering', () => {
  it('takes every key as text until Enter or Escape', () => {
    expect(after('/qj?')).toMatchObject({ query: 'qj?', isTyping: true })
    expect(after('/web<enter>')).toMatchObject({ query: 'web', isTyping: false })
    expect(after('/web<escape>')).toMatchObject({ query: '', isTyping: false })
    expect(after('/web<enter><escape>')).toMatchObject({ query: '' })
    expect(after('/w日😀<backspace><backspace>')).toMatchObject({ query: 'w', isTyping: true })
    expect(after('/<backspace>')).toMatchObject({ isTyping: false })
    expect(after('/a b<ctrl-w>c')).toMatchObject({ query: 'a c' })
    expect(after('/ab<ctrl-u>')).toMatchObject({ query: '', isTyping: true })
    expect(after('/a<down>')).toMatchObject({ query: 'a', selected: 'b', isTyping: true })
    expect(after(`/${'a'.repeat(300)}`).query).toHaveLength(200)
  })
})

describe('pages', () => {
  it('opens the container under the cursor, scrolls, and goes back', () => {
    expect(after('j<enter>').page).toEqual({ kind: 'details', key: 'b', top: 0 })
    expect(after('j<enter>jj<pagedown>k').page).toMatchObject({ top: 3 })
    expect(after('j<enter>k').page).toMatchObject({ top: 0 })
    expect(after('j<enter><escape>').page).toEqual({ kind: 'list' })
    expect(after('<enter>', INITIAL, []).page).toEqual({ kind: 'list' })
  })

  it('has help over every page', () => {
    expect(after('?').page.kind).toBe('help')
    expect(after('??').page.kind).toBe('list')
    expect(after('j<enter>?<escape>').page).toMatchObject({ kind: 'details', key: 'b' })
  })
})

it.each(['q', '<ctrl-c>', '/<ctrl-c>', '<enter>q', '?q'])('%s ends it', (keys) => {
  expect(() => after(keys)).toThrow('quit')
})
