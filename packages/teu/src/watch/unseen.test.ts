import { describe, expect, it } from 'vitest'
import { legible } from './page/legible.ts'
import { visible } from './view/visible.ts'

const chars = (codes: string): [string, string][] => codes.split(' ').map((code) => [code, String.fromCodePoint(Number.parseInt(code, 16))])

describe('characters that nobody sees', () => {
  // Controls; soft hyphen, joiners, fillers, selectors, vowels without a look, tags; bidirectional; private use; spaces; blanks.
  it.each(
    chars(
      '0 9 a 1b 7f 9b ad 34f 61c 115f 1160 17b4 17b5 180b 180e 200b 200c 200d 200e 2028 2029 202a 202e 2060 2066 2069 206f 3164 fe00 fe0f ' +
        'feff ffa0 fff9 1bca0 1d173 e0001 e0041 e0100 e000 f0000 10fffd d800 378 a0 2002 202f 3000 2800 1d159',
    ),
  )('U+%s is written out, on the page and on the terminal', (code, char) => {
    for (const text of [legible(`a${char}b`), visible(`a${char}b`)]) {
      expect(text).toMatch(/^a\\[ -~]+b$/)
      if (!'9a'.includes(code)) expect(text.toLowerCase()).toContain(code)
    }
    // Alone, too: it makes no blank name.
    expect(legible(char)).toMatch(/^[!-~]+$/)
    expect(visible(char)).toMatch(/^[!-~]+$/)
  })

  it.each([
    '👩‍🚀',
    '👨‍👩‍👧‍👦',
    '🏳️‍🌈',
    '❤️',
    '👍🏽',
    '👩🏽‍🚀',
    '1️⃣',
    '日本語',
    'שלום',
    'مرحبا',
    'نص',
    'café',
    'é',
    'हिन्दी',
    '한국어',
    '→ ✓ ©',
  ])('%s stays', (text) => expect([legible(text), visible(text)]).toEqual([text, text]))

  it('joiners and selectors stay only between emoji', () => {
    expect(legible('👩\u200dx\u200d👩')).toBe('👩\\u200dx\\u200d👩')
    expect(legible('a\ufe0f')).toBe('a\\ufe0f')
    expect(legible('👩\u200d\u200d🚀')).toBe('👩\\u200d\\u200d🚀')
    expect(visible('👩\ufe0f\ufe0f')).toBe('👩\ufe0f\\u{fe0f}')
  })

  it('marks are cut after the third', () => {
    const pile = `e${'\u0301'.repeat(50)}x${'\u0323'.repeat(4)}`
    const cut = `e${'\u0301'.repeat(3)}x${'\u0323'.repeat(3)}`
    expect([legible(pile), visible(pile)]).toEqual([cut, cut])
  })

  it('what is legible or visible already stays as it is', () => {
    for (const [, char] of chars('1b ad 3164 202e e0041')) {
      expect(legible(legible(char))).toBe(legible(char))
      expect(visible(visible(char))).toBe(visible(char))
    }
  })
})
