import { constants } from 'node:os'
import { describe, expect, it } from 'vitest'
import { signalName, signalNumber } from './signals.ts'

describe('signalNumber()', () => {
  it.each(Object.entries(constants.signals).filter(([name]) => name !== 'SIGLOST'))(
    '%s is %i, as for the operating system',
    (name, number) => {
      const short = name.slice(3)
      expect([name, short, name.toLowerCase(), short.toLowerCase(), String(number), number].map(signalNumber)).toEqual(
        Array.from({ length: 6 }, () => number),
      )
    },
  )

  it.each<[string | number, number]>([
    ['0', 0],
    [0, 0],
    [64, 64],
    ['64', 64],
    ['SIGRTMIN', 34],
    ['rtmin+3', 37],
    ['SIGRTMIN+30', 64],
    ['SIGRTMAX', 64],
    ['rtmax-14', 50],
    ['SigRtMax-30', 34],
    ['SIG32', 32],
  ])('%s is %i', (signal, number) => {
    expect(signalNumber(signal)).toBe(number)
  })

  it.each([
    '',
    'SIG',
    'FOO',
    'SIGSIGTERM',
    'TERM ',
    ' 9',
    '+9',
    '-1',
    '0x9',
    '9.0',
    '1e1',
    '65',
    '999',
    65,
    -1,
    1.5,
    Number.NaN,
    'RTMIN-1',
    'RTMAX+1',
    'RTMIN+31',
    'RTMAX-31',
    'RTMIN+',
    '__proto__',
    'constructor',
  ])('%j is refused', (signal) => {
    expect(() => signalNumber(signal)).toThrow(
      expect.objectContaining({ code: 'ERR_TEU_USAGE', message: expect.stringMatching(/^unknown signal /) }),
    )
  })
})

describe('signalName()', () => {
  it.each([
    [9, 'SIGKILL'],
    [15, 'SIGTERM'],
    [31, 'SIGSYS'],
    [32, 'SIG32'],
    [34, 'SIGRTMIN'],
    [49, 'SIGRTMIN+15'],
    [50, 'SIGRTMAX-14'],
    [64, 'SIGRTMAX'],
  ])('%i is %s', (number, name) => {
    expect(signalName(number)).toBe(name)
  })

  it('is turned back by signalNumber() for every signal', () => {
    for (let number = 0; number <= 64; number += 1) expect(signalNumber(signalName(number))).toBe(number)
  })
})
