import fc from 'fast-check'
import { expect, it } from 'vitest'
import { someContainer } from '../testing/containers.ts'
import { type Exit, HeardExits, judgeExit } from './exits.ts'

const exitOf = (pid: number | undefined, time: number = 0): Exit => ({ pid, timestamp: new Date(time) })

it('what is kept of exits says the same as all of them', () => {
  const exits = fc.array(fc.tuple(fc.constantFrom(undefined, 0, 1, 2), fc.nat(5)), { maxLength: 8 })
  fc.assert(
    fc.property(exits, fc.option(fc.nat(5), { nil: undefined }), (some, startedAt) => {
      const container = someContainer('a', { pid: 1, startedAt: startedAt === undefined ? undefined : new Date(startedAt) })
      const heard = new HeardExits()
      const verdicts = new Set(
        some.map(([pid, time]) => {
          heard.add('a', exitOf(pid, time))
          return judgeExit(container, exitOf(pid, time))
        }),
      )
      expect(heard.judge(container)).toBe(verdicts.has('believed') ? 'believed' : verdicts.has('doubtful') ? 'doubtful' : 'stale')
    }),
  )
})

it('a flood of exits of one id is taken in one by one, and leaves no certainty', () => {
  const heard = new HeardExits()
  for (let n = 1; n <= 300_000; n++) heard.add('a', exitOf(n))
  expect(heard.judge(someContainer('a', { pid: 7 }))).toBe('believed')
  expect(heard.judge(someContainer('a', { pid: 300_001 }))).toBe('doubtful')
  expect(heard.judge(someContainer('b'))).toBe('stale')
})

it('after a flood of exits of ever new ids the engine is asked about those that are listed', () => {
  const heard = new HeardExits()
  for (let n = 0; n < 20_000; n++) heard.add(`id${n}`, exitOf(1))
  expect(heard.judge(someContainer('id7', { pid: 1 }))).toBe('believed')
  expect(heard.judge(someContainer('id7', { pid: 2 }))).toBe('stale')
  expect(heard.judge(someContainer('another'))).toBe('doubtful')
})
