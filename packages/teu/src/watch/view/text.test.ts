import { describe, expect, it } from 'vitest'
import { ageText, bytesText, percentText } from './amounts.ts'
import { ASCII_BARS, chart, sparkline } from './chart.ts'
import { clipped, lineText, rendered, selected, span, spread } from './line.ts'
import { scrolledTo } from './size.ts'
import { cut, fitted, pieces, textWidth } from './text-width.ts'
import { visible } from './visible.ts'

describe('visible()', () => {
  it.each([
    ['plain text ~', 'plain text ~'],
    ['日本語 é ß 😀', '日本語 é ß 😀'],
    ['\u001b[31m', '\\x1b[31m'],
    ['a\nb\tc\rd\0', 'a\\nb\\tc\\x0dd\\x00'],
    ['\u009b2J', '\\x9b2J'],
    ['\u202eabc', '\\u{202e}abc'],
    ['a\u200bb\ufeff', 'a\\u{200b}b\\u{feff}'],
    ['\u2028\u2029', '\\u{2028}\\u{2029}'],
    ['\ud800x', '\\u{d800}x'],
    ['\u{e0041}\ue000\u{10fffe}', '\\u{e0041}\\u{e000}\\u{10fffe}'],
    [`e${'\u0301'.repeat(50)}`, `e${'\u0301'.repeat(3)}`],
  ])('%j becomes %j', (text, result) => expect(visible(text)).toBe(result))

  it('looks at so many characters only', () => {
    expect(visible('x'.repeat(10 ** 7))).toBe(`${'x'.repeat(1000)}…`)
    expect(visible('ab😀', 3)).toBe('ab…')
    expect(visible('a\u001b', 2)).toBe('a\\x1b')
  })
})

describe('the width of text', () => {
  it.each([
    ['', 0],
    ['abc', 3],
    ['日本', 4],
    ['é', 1],
    ['e\u0301', 1],
    ['😀', 2],
    ['한국', 4],
    ['▁▂█…', 4],
    ['ｆｕｌｌ', 8],
  ])('%j takes %i', (text, width) => expect(textWidth(text)).toBe(width))

  it.each([
    ['abc', 5, 'abc  '],
    ['abcdef', 4, 'abc…'],
    ['日本語', 4, '日… '],
    ['日本語', 5, '日本…'],
    ['日本語', 6, '日本語'],
    ['日本語', 1, '…'],
    ['abc', 0, ''],
  ])('%j in %i is %j', (text, width, result) => {
    expect(fitted(text, width)).toBe(result)
    expect(textWidth(fitted(text, width))).toBe(width)
  })

  it('aligns to the right, cuts and splits', () => {
    expect(fitted('7', 3, 'right')).toBe('  7')
    expect(cut('abc', 3)).toBe('abc')
    expect(pieces('日本語ab', 3)).toEqual(['日', '本', '語a', 'b'])
    expect(pieces('', 3)).toEqual([''])
    expect(pieces('日', 1)).toEqual(['日'])
  })
})

describe('amounts', () => {
  it.each([
    [0, '0B'],
    [999, '999B'],
    [1000, '1K'],
    [1024, '1K'],
    [9.8 * 1024 ** 2, '9.8M'],
    [64 * 1024 ** 2, '64M'],
    [1023 * 1024 ** 2, '1G'],
    [5 * 1024 ** 6, '5120P'],
    [undefined, '-'],
    [Number.NaN, '-'],
  ])('%s bytes are %s', (bytes, text) => expect(bytesText(bytes)).toBe(text))

  it.each([
    [undefined, '-'],
    [0, '0.0'],
    [99.94, '99.9'],
    [99.96, '100'],
    [1234.5, '1235'],
  ])('%s percent are %s', (percent, text) => expect(percentText(percent)).toBe(text))

  it.each([
    [undefined, '-'],
    [999, '0s'],
    [59_999, '59s'],
    [60_000, '1m'],
    [47 * 3_600_000, '47h'],
    [48 * 3_600_000, '2d'],
    [999 * 86_400_000, '999d'],
    [1095 * 86_400_000, '3y'],
  ])('%s ms are %s', (ms, text) => expect(ageText(ms)).toBe(text))
})

describe('charts', () => {
  it('have the newest value at their right end', () => {
    expect(sparkline([0, 25, 50, 100], 6, 10)).toBe('   ▂▄█')
    expect(sparkline([100, 0, 0], 2, 10)).toBe('  ')
  })

  it('are not filled by little, and show a trace of it', () => {
    expect(sparkline([0.01, 5], 2, 10)).toBe('▁▄')
  })

  it('leave a gap where nothing is known', () => {
    expect(sparkline([Number.NaN, 10, Number.NaN, 10], 4, 10)).toBe(' █ █')
    expect(sparkline([], 3, 10)).toBe('   ')
  })

  it('have several lines, from the top', () => {
    expect(chart([0, 4, 8, 16], { columns: 4, rows: 2 }, 16)).toEqual(['   █', ' ▄██'])
  })

  it('can do without block elements', () => {
    expect(sparkline([0, 5, 10], 3, 10, ASCII_BARS)).toBe(' =@')
  })
})

describe('lines', () => {
  const line = [span('日本 '), span('x', 'good'), span('')]

  it('become escape sequences, with the column anew after text of uncertain width', () => {
    expect(rendered(line, true)).toBe('日本 \u001b[6G\u001b[32mx\u001b[0m')
    expect(rendered([span('a', 'bold', 'bad'), span('b')], true)).toBe('\u001b[1;31ma\u001b[0mb')
  })

  it('without colour keep what is no colour', () => {
    expect(rendered([span('a', 'bold', 'bad'), span('b', 'good')], false)).toBe('\u001b[1ma\u001b[0mb')
    expect(rendered(selected(line), false)).toBe('\u001b[7m日本 x\u001b[0m')
  })

  it('is the last gate: a piece that nobody made visible steers no terminal', () => {
    expect(rendered([span('\u001b[2J\u009b\u202e', 'bold')], true)).toBe('\u001b[1m\\x1b[2J\\x9b\\u{202e}\u001b[0m')
    expect(rendered([span(visible('\u001b日'))], true)).toBe('\\x1b日')
  })

  it('are cut, and spread over the width', () => {
    expect(lineText(clipped(line, 4))).toBe('日…')
    expect(lineText(spread([span('a')], [span('b')], 4))).toBe('a  b')
    expect(lineText(spread([span('abc')], [span('b')], 4))).toBe('abc')
  })
})

it.each([
  [0, 0, 5, 20, 0],
  [4, 0, 5, 20, 0],
  [5, 0, 5, 20, 1],
  [19, 0, 5, 20, 15],
  [3, 10, 5, 20, 3],
  [12, 10, 5, 20, 10],
  [2, 18, 5, 3, 0],
  [-1, 0, 5, 0, 0],
])('line %i from top %i with room for %i of %i scrolls to %i', (index, top, height, count, result) => {
  expect(scrolledTo(index, top, height, count)).toBe(result)
})
