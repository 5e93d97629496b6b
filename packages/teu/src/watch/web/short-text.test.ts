import { expect, it } from 'vitest'
import { shortText } from './short-text.ts'

it('shortText() cuts long texts, and no character in half', () => {
  expect(shortText('abc', 3)).toBe('abc')
  expect(shortText('abcd', 3)).toBe('ab…')
  expect(shortText('a😀bc', 3)).toBe('a…')
  expect(shortText('x'.repeat(1e6), 100)).toHaveLength(100)
})
