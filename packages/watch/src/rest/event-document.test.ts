import { expect, it } from 'vitest'
import { decodeEvent } from './event-document.ts'

const document = (Action: string, Attributes: Record<string, string> = {}): unknown => ({
  Type: 'container',
  Action,
  Actor: { ID: 'abc', Attributes },
  timeNano: 1_795_848_812_752.5 * 1e6,
})

it.each([
  ['start', 'started'],
  ['die', 'exited'],
  ['died', 'exited'],
  ['destroy', 'exited'],
  ['remove', 'exited'],
  ['pause', 'paused'],
  ['unpause', 'unpaused'],
  ['rename', 'updated'],
])('%s means %s', (action, type) => {
  expect(decodeEvent(document(action))).toMatchObject({ type, id: 'abc', project: '', timestamp: new Date('2026-11-28T06:53:32.752Z') })
})

it.each(['exec_create: start', 'exec_start: die', 'exec_die', 'exec', 'exec_died', 'stop', 'kill', 'create', 'toString', ''])(
  '"%s" says nothing about life',
  (action) => {
    expect(decodeEvent(document(action))).toBeUndefined()
  },
)

it('exit codes have two names, and are not always there', () => {
  expect(decodeEvent(document('die', { exitCode: '137' }))?.exitCode).toBe(137)
  expect(decodeEvent(document('died', { containerExitCode: '1' }))?.exitCode).toBe(1)
  for (const exitCode of ['x', '256', '9'.repeat(400), '\u001b[2J', '-1', '1.5']) {
    expect(decodeEvent(document('die', { exitCode }))?.exitCode).toBeUndefined()
  }
  expect(decodeEvent(document('remove', { containerExitCode: '0' }))?.exitCode).toBeUndefined()
})

it('the project is a label', () => {
  expect(decodeEvent(document('start', { 'com.docker.compose.project': 'shop' }))?.project).toBe('shop')
})

it('other things than containers, and nonsense, are ignored', () => {
  expect(decodeEvent({ Type: 'network', Action: 'start', Actor: { ID: 'a' } })).toBeUndefined()
  expect(decodeEvent({ Type: 'container', Action: 'start' })).toBeUndefined()
  for (const nothing of [{}, null, 5, 'x', []]) expect(decodeEvent(nothing)).toBeUndefined()
  expect(decodeEvent({ Type: 'container', Action: ['start'], Actor: { ID: 'a' } })).toBeUndefined()
  expect(decodeEvent({ Type: 'container', Action: 'start', Actor: { ID: 'a'.repeat(5_000) } })).toBeUndefined()
})

it.each([1e300, -1, 0, Number.NaN, '1', {}, undefined])('an event at %o has happened now', (timeNano) => {
  const before = Date.now()
  const event = decodeEvent({ Type: 'container', Action: 'start', Actor: { ID: 'a' }, timeNano })
  expect(event?.timestamp.getTime()).toBeGreaterThanOrEqual(before)
})

it('a project that is no text is none', () => {
  const Attributes = { 'com.docker.compose.project': { a: 1 }, exitCode: 5 }
  expect(decodeEvent({ Type: 'container', Action: 'die', Actor: { ID: 'a', Attributes } })).toMatchObject({
    project: '',
    exitCode: undefined,
  })
  expect(decodeEvent({ Type: 'container', Action: 'die', Actor: { ID: 'a', Attributes: null } })).toMatchObject({ project: '' })
})
