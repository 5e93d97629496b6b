import { describe, expect, it } from 'vitest'
import { fakeIo } from '../testing/fake-io.ts'
import { inheritedFds } from './descriptors.ts'

const all = (): boolean => true
const plain = fakeIo([])
const activated = fakeIo([], { env: { LISTEN_FDS: '2', LISTEN_PID: '4242', LISTEN_FDNAMES: 'a:b' } })

describe('inheritedFds()', () => {
  it('passes nothing when nothing was asked for', () => {
    expect(inheritedFds(undefined, plain, () => false)).toEqual({})
    expect(inheritedFds('0', plain, () => false)).toEqual({})
  })

  it('counts --preserve-fds from 3 on', () => {
    expect(inheritedFds('2', plain, all)).toEqual({ extraFds: [3, 4] })
  })

  it('puts sockets for activation first', () => {
    expect(inheritedFds('1', activated, all)).toEqual({ extraFds: [3, 4, 5], listenFds: { count: 2, names: 'a:b' } })
  })

  it.each([
    { LISTEN_FDS: '2', LISTEN_PID: '1' },
    { LISTEN_FDS: '2' },
    { LISTEN_FDS: '0', LISTEN_PID: '4242' },
    { LISTEN_FDS: 'x', LISTEN_PID: '4242' },
  ])('ignores activation that is not for this process: %j', (env) => {
    expect(inheritedFds(undefined, fakeIo([], { env }), all)).toEqual({})
  })

  it('names the descriptor that is missing', () => {
    expect(() => inheritedFds('3', plain, (fd) => fd < 5)).toThrow('--preserve-fds: file descriptor 5 is not open')
    expect(() => inheritedFds('3', activated, () => false)).toThrow('LISTEN_FDS: file descriptor 3 is not open')
  })

  it.each(['-1', 'x', '1.5', ''])('refuses a count of "%s"', (text) => {
    expect(() => inheritedFds(text, plain, all)).toThrow(/^--preserve-fds: expected a whole number/)
  })

  it('does not take a descriptor of the JavaScript engine for one of the caller', () => {
    // vitest's own process has its event queue among the first descriptors.
    expect(() => inheritedFds('500', plain)).toThrow(/file descriptor \d+ is not open/)
  })
})
