import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkRecord } from './check-record.ts'
import { readOwnFile } from './own-file.ts'

const RECORD = {
  version: 1,
  id: 'box',
  created: '2026-01-01T00:00:00Z',
  bootId: 'b',
  ociVersion: '1.0.2',
  bundle: '/b',
  cgroup: { layout: 'v2', manager: 'fs', paths: { '': '/x/y' }, hierarchies: [{ version: 2, root: '/x', path: '/x/y', controllers: [] }] },
  creator: { pid: 1, startTime: '5' },
  config: {},
}
const check = (record: unknown) => () => checkRecord(record, 'box', '/r/box/state.json')

describe('checkRecord()', () => {
  it('takes a whole record', () => {
    expect(check(RECORD)).not.toThrow()
  })

  it.each<[unknown, string]>([
    [null, 'Cannot read the record of container "box": it is damaged'],
    [[], 'it is damaged'],
    ['x', 'it is damaged'],
    [{ ...RECORD, version: 2 }, 'its version is 2, known is 1'],
    [{}, 'it is that of another container'],
    [{ ...RECORD, id: '../../etc' }, 'it is that of another container'],
    [{ ...RECORD, cgroup: undefined }, 'it is damaged at "cgroup"'],
    [{ ...RECORD, cgroup: { ...RECORD.cgroup, hierarchies: [{ root: 5 }] } }, 'it is damaged at "cgroup"'],
    [{ ...RECORD, creator: null }, 'it is damaged at "creator"'],
    [{ ...RECORD, config: 5 }, 'it is damaged at "config"'],
  ])('refuses %j', (record, message) => {
    expect(check(record)).toThrow(message)
  })
})

describe('readOwnFile()', () => {
  let dir = ''
  beforeAll(() => (dir = mkdtempSync(join(tmpdir(), 'teu-own-'))))
  afterAll(() => rmSync(dir, { recursive: true }))

  it('reads a regular file and nothing else', () => {
    const path = join(dir, 'file')
    writeFileSync(path, 'text')
    expect(readOwnFile(path)).toBe('text')
    execFileSync('mkfifo', [join(dir, 'fifo')])
    mkdirSync(join(dir, 'directory'))
    symlinkSync('/dev/zero', join(dir, 'zero'))
    for (const name of ['fifo', 'directory', 'zero']) expect(() => readOwnFile(join(dir, name))).toThrow('it is not a regular file')
    expect(() => readOwnFile(join(dir, 'nothing'))).toThrow('ENOENT')
  })
})
