import { describe, expect, it } from 'vitest'
import { parseOptions } from './parse.ts'

const TABLE = {
  bundle: { kind: 'text', short: 'b' },
  env: { kind: 'list', short: 'e' },
  detach: { kind: 'flag', short: 'd' },
  tty: { kind: 'flag', short: 't' },
  'no-subreaper': { kind: 'flag' },
  memory: { kind: 'text' },
} as const

describe('parseOptions()', () => {
  it.each([['--bundle', '/b'], ['--bundle=/b'], ['-b', '/b'], ['-b=/b'], ['-bundle', '/b'], ['-bundle=/b']])(
    'reads a value from %s %s',
    (...args) => {
      expect(parseOptions(args as string[], TABLE).values).toEqual({ bundle: '/b' })
    },
  )

  it.each(['--no-subreaper', '-no-subreaper', '--no-subreaper=true', '--no-subreaper=T', '--no-subreaper=1'])('sets the flag %s', (arg) => {
    expect(parseOptions([arg], TABLE).values).toEqual({ 'no-subreaper': true })
  })

  it('turns a flag off with =false', () => {
    expect(parseOptions(['--detach=false'], TABLE).values).toEqual({ detach: false })
  })

  it('refuses a boolean that is neither true nor false', () => {
    expect(() => parseOptions(['--detach=yes'], TABLE)).toThrow('--detach: expected true or false, got "yes"')
  })

  it('lets options and positionals mix', () => {
    expect(parseOptions(['id', '--bundle', '/b', 'x', '-d'], TABLE)).toMatchObject({
      positionals: ['id', 'x'],
      values: { bundle: '/b', detach: true },
    })
  })

  it('stops at the first positional when asked to', () => {
    const { positionals, values } = parseOptions(['-t', 'id', 'ls', '-d', '--', '--help'], TABLE, { stopAtPositional: true })
    expect(positionals).toEqual(['id', 'ls', '-d', '--', '--help'])
    expect(values).toEqual({ tty: true })
  })

  it('takes everything after -- as positionals', () => {
    expect(parseOptions(['-d', '--', '-t', '--', 'x'], TABLE).positionals).toEqual(['-t', '--', 'x'])
  })

  it('collects lists without splitting at commas', () => {
    expect(parseOptions(['-e', 'A=1,2', '--env=B=3'], TABLE).values).toEqual({ env: ['A=1,2', 'B=3'] })
  })

  it('lets the last value of a text option win', () => {
    expect(parseOptions(['-b', '1', '-b', '2'], TABLE).values).toEqual({ bundle: '2' })
  })

  it('takes a value that begins with a dash, is empty or is a lone dash', () => {
    expect(parseOptions(['--memory', '-1', '-b', '', '-'], TABLE)).toMatchObject({
      values: { memory: '-1', bundle: '' },
      positionals: ['-'],
    })
  })

  it('joins one-letter flags, the last of which may take a value', () => {
    expect(parseOptions(['-dt'], TABLE).values).toEqual({ detach: true, tty: true })
    expect(parseOptions(['-dte', 'A=1'], TABLE).values).toEqual({ detach: true, tty: true, env: ['A=1'] })
  })

  it.each([['--bundle'], ['-b'], ['-db']])('says that %s needs an argument in the words that engines probe for', (arg) => {
    expect(() => parseOptions([arg], TABLE)).toThrow('flag needs an argument: --bundle')
  })

  it.each(['--nope', '-x', '-dx', '-bundel', '--d', '--constructor', '--__proto__'])('refuses the unknown option %s', (arg) => {
    expect(() => parseOptions([arg, 'v'], TABLE)).toThrow(
      expect.objectContaining({ code: 'ERR_TEU_USAGE', message: `unknown option ${arg}` }),
    )
  })

  it('suggests the name that was probably meant', () => {
    expect(() => parseOptions(['--bundel'], TABLE)).toThrow(expect.objectContaining({ remedy: 'Did you mean --bundle?' }))
  })

  it.each(['-h', '--help', '-help'])('asks for help with %s, whatever comes after it', (arg) => {
    expect(parseOptions(['id', arg, '--nope'], TABLE).help).toBe(true)
  })
})
