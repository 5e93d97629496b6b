import { expect, it } from 'vitest'
import { toTable } from './table.ts'

it('toTable() makes cells at least 12 wide and 3 spaces apart, and does not pad the last one', () => {
  const rows = [
    ['ID', 'STATUS', 'OWNER'],
    ['a-rather-long-id', 'running', 'root'],
  ]
  expect(toTable(rows)).toBe('ID                 STATUS      OWNER\na-rather-long-id   running     root\n')
})

it('toTable() keeps each row on one line', () => {
  expect(toTable([['a\nb', '\u001b[2J']])).toBe('a\\nb        \\x1b[2J\n')
})
