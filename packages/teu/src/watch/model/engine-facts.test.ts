import type { Watcher } from '@teu/watch'
import { TeuError } from '@teu/spec'
import { expect, it } from 'vitest'
import { engineFacts } from './engine-facts.ts'

const watcher = (more: Partial<Watcher>): Watcher => ({ type: 'docker.com', api: 'unix:///d', state: 'connecting', ...more }) as Watcher

it.each<[Partial<Watcher>, string, string | undefined]>([
  [{ state: 'watching' }, 'watching', undefined],
  [{}, 'connecting', undefined],
  [{ lastError: new TeuError('ERR_TEU_SYSTEM', 'Cannot connect: EACCES', { errno: 'EACCES' }) }, 'lost', 'Cannot connect: EACCES'],
  [{ lastError: 'gone' }, 'lost', 'gone'],
])('an engine that cannot be heard says why, in full: %#', (more, state, reason) => {
  expect(engineFacts([watcher(more)], new Map(), [])).toMatchObject([{ name: 'docker', state, reason }])
})
