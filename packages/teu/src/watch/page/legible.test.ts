import { describe, expect, it } from 'vitest'
import { legible, shownName } from './legible.ts'

describe('legible()', () => {
  it('shows characters that hide, turn or break what is around them', () => {
    expect(legible('a\u202egpj.exe')).toBe('a\\u202egpj.exe')
    expect(legible('\u0000\n\u001b[31m\u200b\u2066\ufeff')).toBe('\\u0000\\u000a\\u001b[31m\\u200b\\u2066\\ufeff')
  })

  it('leaves letters of all scripts, joined emoji, and markup, which stays text', () => {
    for (const text of ['שלום', 'مرحبا', '👩‍🚀', '<b>&amp;', 'café']) expect(legible(text)).toBe(text)
  })

  it('calls a container without a name by its id', () => {
    expect(shownName({ name: ' ', id: '0123456789abcdef' })).toBe('0123456789ab')
    expect(shownName({ name: 'web', id: 'x' })).toBe('web')
  })
})
