import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bootId, isAlive, isStaying, parseProcStat, readStartTime } from './proc-stat.ts'

const REST = 'S 1 2 3 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 12345 1 2 3'

describe('parseProcStat()', () => {
  it('counts fields from the last parenthesis', () => {
    expect(parseProcStat(`42 (a) b (c) ${REST}`)).toEqual({ state: 'S', parentPid: 1, isExiting: false, startTime: '12345' })
    expect(parseProcStat(`42 (x) R 1 9 9\n) ${REST}`)).toEqual({ state: 'S', parentPid: 1, isExiting: false, startTime: '12345' })
  })

  it('is not fooled by any program name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 15 }), (name) => {
        expect(parseProcStat(`1 (${name}) ${REST}`).startTime).toBe('12345')
      }),
      { seed: 3 },
    )
  })

  it('refuses text of another format', () => {
    expect(() => parseProcStat('')).toThrow('unexpected content')
    expect(() => parseProcStat('1 (x) S 1 2')).toThrow('unexpected content')
  })
})

describe('isAlive()', () => {
  it('wants the same start time', () => {
    const startTime = readStartTime(process.pid) ?? ''
    expect(startTime).toMatch(/^\d+$/)
    expect(isAlive({ pid: process.pid, startTime })).toBe(true)
    expect(isAlive({ pid: process.pid, startTime: `${startTime}0` })).toBe(false)
  })

  it('counts zombies and the dead as gone', () => {
    const root = mkdtempSync(join(tmpdir(), 'teu-stat-'))
    mkdirSync(join(root, 'proc/7'), { recursive: true })
    const of = (state: string): boolean => {
      writeFileSync(join(root, 'proc/7/stat'), `7 (x) ${REST.replace(/^S/, state)}`)
      return isAlive({ pid: 7, startTime: '12345' }, root)
    }
    expect([of('R'), of('D'), of('T'), of('Z'), of('X')]).toEqual([true, true, true, false, false])
    rmSync(root, { recursive: true })
    expect(isAlive({ pid: 7, startTime: '12345' }, root)).toBe(false)
  })

  it('knows a process that is about to end, which isStaying() counts as gone', () => {
    const root = mkdtempSync(join(tmpdir(), 'teu-stat-'))
    mkdirSync(join(root, 'proc/7'), { recursive: true })
    const of = (flags: number): boolean => {
      writeFileSync(join(root, 'proc/7/stat'), `7 (x) ${REST.replace('4194560', String(flags))}`)
      const process = { pid: 7, startTime: '12345' }
      expect(isAlive(process, root)).toBe(true)
      return isStaying(process, root)
    }
    expect([of(0x400100), of(0x400104)]).toEqual([true, false])
    rmSync(root, { recursive: true })
    expect(isStaying({ pid: 7, startTime: '12345' }, root)).toBe(false)
  })

  it('never takes a strange pid for a file name', () => {
    for (const pid of [0, -1, 1.5, Number.NaN, 2 ** 60]) expect(isAlive({ pid, startTime: '1' })).toBe(false)
  })
})

describe('bootId()', () => {
  it('is the kernel’s', () => {
    expect(bootId()).toMatch(/^[0-9a-f-]{36}$/)
  })
})
