import { expect, test } from 'vitest'
import type { TaskEventType } from '../types.ts'
import { LegalHistory } from './legal-history.ts'

/** The first event that is wrong, as `type processId`. */
function firstWrong(...events: readonly string[]): string | undefined {
  const history = new LegalHistory()
  return events.find((event) => {
    const [type, processId = ''] = event.split(' ')
    return history.next({ type: type as TaskEventType, processId, pid: 1, source: 'stream' }) !== undefined
  })
}

const LIFE = ['create init', 'start init']
const END = ['exit init', 'delete init']

test('whole lives are legal, one after another', () => {
  const exec = ['exec-added e', 'exec-started e', 'exit e']
  expect(firstWrong(...LIFE, 'paused init', 'resumed init', ...exec, ...exec, 'oom init', ...END, ...LIFE)).toBeUndefined()
  // The start has failed; and an exec that ends with its task.
  expect(
    firstWrong('create init', 'delete init', ...LIFE, 'exec-added e', 'exec-started e', 'exit init', 'exit e', 'delete init'),
  ).toBeUndefined()
})

test.each([
  { events: ['start init'] },
  { events: [...LIFE, 'start init'] },
  { events: [...LIFE, 'create init'] },
  { events: [...LIFE, 'delete init'] },
  { events: [...LIFE, 'paused init', 'paused init'] },
  { events: [...LIFE, 'resumed init'] },
  { events: [...LIFE, 'exec-started e'] },
  { events: [...LIFE, 'exit e'] },
  { events: [...LIFE, 'exit init', 'exit init'] },
  { events: [...LIFE, 'exit init', 'paused init'] },
  { events: [...LIFE, ...END, 'exec-added e'] },
  { events: [...LIFE, 'exec-added e', 'exec-started e', 'exit init', 'delete init'] },
  { events: [...LIFE, ...END, ...LIFE, 'exit e'] },
])('$events ends with what is illegal', ({ events }) => {
  expect(firstWrong(...events)).toBe(events.at(-1))
})
