import type { DaemonEvent } from '@teu/containerd'
import { expect, it } from 'vitest'
import { NamespaceRules } from './namespace-rules.ts'
import { engineEventOf, FILTERS } from './task-event.ts'

const timestamp = new Date(1_000)
const event = (topic: string, fields: Partial<DaemonEvent> = {}): DaemonEvent => ({
  namespace: 'shop',
  topic,
  timestamp,
  containerId: 'web',
  execId: '',
  pid: 7,
  exitCode: undefined,
  ...fields,
})
const rules = new NamespaceRules({})

it.each([
  ['/tasks/start', { type: 'started' }],
  ['/tasks/exit', { type: 'exited', pid: 7, exitCode: 3 }],
  ['/tasks/delete', { type: 'exited', pid: 7, exitCode: 3 }],
  ['/tasks/paused', { type: 'paused' }],
  ['/tasks/resumed', { type: 'unpaused' }],
  ['/containers/update', { type: 'updated' }],
])('%s', (topic, meaning) => {
  expect(engineEventOf(event(topic, { exitCode: 3 }), rules)).toEqual({ ...meaning, id: 'shop/web', timestamp })
  expect(FILTERS).toContain(`topic=="${topic}"`)
})

it.each([
  ['the end of an exec', event('/tasks/exit', { execId: 'e1' })],
  ['the namespace of Docker', event('/tasks/start', { namespace: 'moby' })],
  ['a topic that says nothing about life', event('/tasks/oom')],
  ['the name of something that every object has', event('constructor')],
  ['an endless id', event('/tasks/start', { containerId: 'a'.repeat(5_000) })],
  ['an event about nobody', event('/tasks/start', { containerId: '' })],
])('%s is nothing to tell', (_, one) => {
  expect(engineEventOf(one, rules)).toBeUndefined()
})

it('exit codes and pids are told only where they can be some', () => {
  expect(engineEventOf(event('/tasks/exit', { exitCode: 2 ** 32 - 1, pid: 2 ** 32 - 1 }), rules)).toMatchObject({
    exitCode: undefined,
    pid: 0,
  })
})
