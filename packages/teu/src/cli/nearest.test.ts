import { expect, it } from 'vitest'
import { nearest } from './nearest.ts'

it.each([
  ['strat', 'start'],
  ['rnu', 'run'],
  ['lst', 'list'],
  ['delete', 'delete'],
])('nearest() takes %s for %s', (given, meant) => {
  expect(nearest(given, ['start', 'state', 'run', 'list', 'delete'])).toBe(meant)
})

it.each(['', 'x', 'checkpoint', 'foo'])('nearest() has no idea what "%s" is', (given) => {
  expect(nearest(given, ['start', 'state', 'run', 'list', 'delete'])).toBeUndefined()
})
