import { expect, it } from 'vitest'
import { isRecord, readExitCode, readId, readLabels, readName, readPid, readTime } from './values.ts'

const ESCAPE = '\u001b]0;title\u001b\\'

it.each([0, -1, 1.5, 2 ** 22 + 1, 1e300, Number.NaN, Infinity, '11', '../tmp/x', ESCAPE, { a: 1 }, [1], null, undefined, true, 1n])(
  '%o is no pid',
  (value) => expect(readPid(value)).toBeUndefined(),
)

it('pids are those that Linux gives', () => {
  expect([1, 4711, 2 ** 22].map(readPid)).toEqual([1, 4711, 2 ** 22])
})

it.each([-1, 256, 0.5, 1e300, Number.NaN, '0', ESCAPE, {}, null, undefined])('%o is no exit status', (value) =>
  expect(readExitCode(value)).toBeUndefined(),
)

it('exit statuses have eight bits', () => {
  expect([0, 137, 255].map(readExitCode)).toEqual([0, 137, 255])
})

it.each([
  1e300,
  0,
  -1,
  253_402_300_800_000,
  Number.NaN,
  '0001-01-01T00:00:00Z',
  '1970-01-01T00:00:00Z',
  '+010000-01-01T00:00:00Z',
  'x',
  '',
  {},
  null,
])('%o is no time', (value) => expect(readTime(value)).toBeUndefined())

it('times are between 1970 and the year 10000', () => {
  expect(readTime('9999-12-31T23:59:59.999Z')?.toISOString()).toBe('9999-12-31T23:59:59.999Z')
  expect(readTime(1)).toEqual(new Date(1))
})

it('ids and names are texts; endless ids are none, endless names are cut', () => {
  for (const value of ['', 5, {}, null, undefined]) expect([readId(value), readName(value)]).toEqual([undefined, undefined])
  expect([readId('a'), readId('a'.repeat(1024)), readId('a'.repeat(1025))]).toEqual(['a', 'a'.repeat(1024), undefined])
  expect(readName('n'.repeat(20_000))).toHaveLength(4096)
})

it('labels that are no texts are left out', () => {
  expect(readLabels({ a: 'b', n: 5, none: null, o: { x: 1 }, l: ['x'] })).toEqual({ a: 'b' })
  for (const value of ['abcdef', ['x'], 5, null, undefined]) expect(readLabels(value)).toEqual({})
  expect(Object.entries(readLabels(JSON.parse('{"__proto__":"x","a":"b"}')))).toEqual([
    ['__proto__', 'x'],
    ['a', 'b'],
  ])
})

it('of endless labels those are kept that fit', () => {
  const half = 'x'.repeat(1200 * 1024)
  expect(Object.keys(readLabels({ first: half, second: half, third: 'small' }))).toEqual(['first', 'third'])
  const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`k${n}`, 'v']))
  expect(Object.keys(readLabels(many))).toEqual(Object.keys(many).slice(0, 4_096))
})

it('JSON objects are no lists', () => {
  expect([{}, [], null, 'x'].map(isRecord)).toEqual([true, false, false, false])
})
