import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MAX_ACCOUNT_FILE_BYTES } from '../document/limits.ts'
import { readAccounts } from './read-accounts.ts'
import { layerDirectories, readSnapshotFile } from './snapshot-files.ts'

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'teu-files-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const inside = (path: string): string => {
  mkdirSync(dirname(join(dir, path)), { recursive: true })
  return join(dir, path)
}
const put = (path: string, text: string): void => writeFileSync(inside(path), text)
const link = (path: string, target: string): void => symlinkSync(target, inside(path))
const read = (path: string, layers = ['top', 'low']): Promise<string | undefined> =>
  readSnapshotFile(
    layers.map((name) => join(dir, name)),
    path,
  )

describe('layerDirectories()', () => {
  test('knows overlays and binds', () => {
    const mount = { source: '/s', target: '' }
    expect(layerDirectories([{ ...mount, type: 'bind', options: ['ro'] }])).toEqual(['/s'])
    const options = ['index=off', 'workdir=/w', 'upperdir=/u', 'lowerdir=/b:/a']
    expect(layerDirectories([{ ...mount, type: 'overlay', options }])).toEqual(['/u', '/b', '/a'])
    expect(layerDirectories([{ ...mount, type: 'ext4', options: [] }])).toBeUndefined()
    expect(layerDirectories([])).toBeUndefined()
  })
})

describe('readSnapshotFile()', () => {
  test('finds the uppermost', async () => {
    put('low/etc/passwd', 'low')
    put('low/etc/group', 'low')
    put('top/etc/passwd', 'top')
    expect(await read('/etc/passwd')).toBe('top')
    expect(await read('/etc/group')).toBe('low')
    expect(await read('/etc/shadow')).toBeUndefined()
    expect(await read('/etc')).toBeUndefined()
    expect(await read('/etc/passwd/x')).toBeUndefined()
  })

  test('a file hides the directory below it', async () => {
    put('low/etc/passwd', 'low')
    put('top/etc', 'a file')
    expect(await read('/etc/passwd')).toBeUndefined()
  })

  test('follows links inside of the layers', async () => {
    put('low/usr/lib/passwd', 'real')
    link('top/etc/passwd', '../usr/lib/passwd')
    link('low/abs', '/usr/lib')
    link('low/up', '../../../../usr')
    expect(await read('/etc/passwd')).toBe('real')
    expect(await read('/abs/passwd')).toBe('real')
    expect(await read('/up/lib/passwd')).toBe('real')
    expect(await read('/abs/../lib/passwd')).toBe('real')
  })

  test('never leads to the host, and comes to an end', async () => {
    put('host/secret', 'secret')
    link('top/a', `${dir}/host/secret`)
    link('top/b', '../host/secret')
    link('top/loop', 'loop')
    mkdirSync(inside('low'), { recursive: true })
    expect(await read('/a')).toBeUndefined()
    expect(await read('/b')).toBeUndefined()
    expect(await read('/../host/secret')).toBeUndefined()
    expect(await read('/loop')).toBeUndefined()
  })

  test('large files are not read', async () => {
    put('top/big', 'x'.repeat(MAX_ACCOUNT_FILE_BYTES + 1))
    expect(await read('/big')).toBeUndefined()
  })
})

test('readAccounts() says nothing when it cannot read', async () => {
  put('top/etc/passwd', 'a:x:1:2::/:\n')
  const bind = { type: 'bind', source: join(dir, 'top'), target: '', options: [] }
  expect(await readAccounts([bind])).toEqual({ users: [{ name: 'a', uid: 1, gid: 2 }], groups: [] })
  expect(await readAccounts([{ ...bind, type: 'zfs' }])).toBeUndefined()
  expect(await readAccounts([{ ...bind, source: join(dir, 'elsewhere') }])).toBeUndefined()
})
