import { describe, expect, it } from 'vitest'
import { failure } from '../../test/support/plan-input.ts'
import { parseMountOptions } from './mount-options.ts'
import { MOUNT_OPTION_WORDS, meaningOf } from './mount-words.ts'

const parse = (...words: string[]): ReturnType<typeof parseMountOptions> => parseMountOptions(words, false, '/mounts/0')

describe('parseMountOptions()', () => {
  it('sets the attributes that are asked for, and clears those that are asked away', () => {
    expect(parse('bind', 'ro', 'nosuid', 'dev').attributes).toEqual({ set: 0x1 | 0x2, clear: 0x4 })
  })

  it('lets the last of two contradicting words win', () => {
    expect(parse('bind', 'ro', 'rw').attributes).toEqual({ set: 0, clear: 0x1 })
    expect(parse('bind', 'rw', 'ro').attributes).toEqual({ set: 0x1, clear: 0 })
  })

  it.each([
    ['noatime', 0x10],
    ['strictatime', 0x20],
    ['relatime', 0],
    ['atime', 0],
    ['norelatime', 0],
    ['nostrictatime', 0],
  ])('replaces the whole access time setting for %s', (word, value) => {
    expect(parse('bind', word).attributes).toEqual({ set: value, clear: 0x70 })
  })

  it('keeps words with r in front apart: they are for the whole tree', () => {
    const options = parse('rbind', 'ro', 'rnosuid', 'rnoatime', 'rrw')
    expect(options.recursiveBind).toBe(true)
    expect(options.attributes).toEqual({ set: 0x1, clear: 0 })
    expect(options.recursive).toEqual({ set: 0x2 | 0x10, clear: 0x70 | 0x1 })
  })

  it('keeps propagation types in their order, each with its depth', () => {
    expect(parse('rbind', 'rslave', 'shared').propagation).toEqual([
      { propagation: 1 << 19, recursive: true },
      { propagation: 1 << 20, recursive: false },
    ])
  })

  it.each(['size=1m', 'RO', 'uid=0', 'nosuid,nodev', 'sync', 'dirsync', 'lazytime', 'tmpcopyup', 'x'])(
    'refuses %s on a bind mount, and names the word',
    (word) => {
      expect(failure(() => parse('rbind', 'ro', word))).toMatchObject({
        code: 'ERR_TEU_CONFIG_INVALID',
        pointer: '/mounts/0/options/2',
        message: expect.stringContaining(word) as string,
      })
    },
  )

  it('refuses a word before it has seen "bind" as well as after', () => {
    expect(failure(() => parse('mode=755', 'bind')).pointer).toBe('/mounts/0/options/0')
  })

  it('takes words that ask for nothing on a bind mount', () => {
    const options = parse('bind', 'defaults', 'async', 'nolazytime', '')
    expect(options).toMatchObject({ attributes: { set: 0, clear: 0 }, superblock: [], data: [] })
  })

  it('treats the type bind like the word', () => {
    expect(parseMountOptions(['ro'], true, '/mounts/0')).toMatchObject({ bind: true, recursiveBind: false })
    expect(failure(() => parseMountOptions(['size=1'], true, '/mounts/0')).code).toBe('ERR_TEU_CONFIG_INVALID')
  })

  it('hands other words of a new file system on, split at commas', () => {
    expect(parse('nosuid', 'size=64m,mode=755', 'newinstance').data).toEqual(['size=64m', 'mode=755', 'newinstance'])
  })

  it('keeps commas in quotes and takes the quotes of an SELinux context away', () => {
    expect(parse('context="system_u:object_r:svirt:s0:c1,c2"', 'size=1m').data).toEqual([
      'context=system_u:object_r:svirt:s0:c1,c2',
      'size=1m',
    ])
  })

  it('keeps an escaped comma of overlay options', () => {
    expect(parse('lowerdir=/a\\,b:/c').data).toEqual(['lowerdir=/a\\,b:/c'])
  })

  it('refuses remount: there is nothing to remount', () => {
    expect(failure(() => parse('remount', 'ro')).pointer).toBe('/mounts/0/options/0')
  })
})

describe('MOUNT_OPTION_WORDS', () => {
  it('holds every option of the runtime specification that is implemented', () => {
    for (const word of ['bind', 'rbind', 'rro', 'rnosuid', 'rstrictatime', 'runbindable', 'tmpcopyup', 'idmap', 'ridmap', 'nosymfollow']) {
      expect(MOUNT_OPTION_WORDS).toContain(word)
    }
    expect(MOUNT_OPTION_WORDS).not.toContain('remount')
    expect(MOUNT_OPTION_WORDS).toEqual([...MOUNT_OPTION_WORDS].sort())
  })

  it('holds exactly the words that are not for the file system', () => {
    const known = [...MOUNT_OPTION_WORDS, ...MOUNT_OPTION_WORDS.map((word) => `r${word}`), 'remount', 'rremount', 'size=1m', '', 'r']
    const meaningful = new Set(known.filter((word) => word !== 'remount' && meaningOf(word) !== undefined))
    expect([...meaningful].sort()).toEqual(MOUNT_OPTION_WORDS)
  })

  it('are for the whole tree exactly with an r in front', () => {
    for (const word of MOUNT_OPTION_WORDS) {
      expect(meaningOf(word)?.recursive, word).toBe(/^r(?!(o|w|elatime)$)/.test(word))
    }
  })
})
