import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pack } from 'tar-stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { packDirectory, unpackDirectory } from './pack.ts'

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'teu-pack-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

test('a directory comes out as it went in', async () => {
  const [from, to] = [join(dir, 'from'), join(dir, 'to')]
  mkdirSync(join(from, 'deep/er'), { recursive: true })
  writeFileSync(join(from, 'a.img'), 'content', { mode: 0o640 })
  writeFileSync(join(from, 'deep/er/empty'), '')
  const big = Buffer.alloc(1_500_000, 'x')
  writeFileSync(join(from, 'deep', 'n'.repeat(180)), big)
  symlinkSync('../a.img', join(from, 'deep/link'))
  await unpackDirectory(packDirectory(from), to)
  const names = (tree: string): Set<string> => new Set(readdirSync(tree, { recursive: true, encoding: 'utf8' }))
  expect(names(to)).toEqual(names(from))
  expect(readFileSync(join(to, 'deep/link'), 'utf8')).toBe('content')
  expect(readlinkSync(join(to, 'deep/link'))).toBe('../a.img')
  expect(statSync(join(to, 'a.img')).mode & 0o777).toBe(0o640)
  expect(readFileSync(join(to, 'deep', 'n'.repeat(180))).equals(big)).toBe(true)
})

test('a directory that is not there is an error', async () => {
  const reading = (async () => {
    for await (const _ of packDirectory(join(dir, 'none'))) continue
  })()
  await expect(reading).rejects.toMatchObject({ code: 'ENOENT' })
})

test.each(['../out', '/out', 'a/../../out'])('names that lead out are refused: %s', async (name) => {
  const tar = pack()
  tar.entry({ name }, 'x')
  tar.finalize()
  await expect(unpackDirectory(tar as AsyncIterable<Uint8Array>, join(dir, 'to'))).rejects.toMatchObject({ code: 'ERR_TEU_RUNTIME' })
  expect(existsSync(join(dir, 'out'))).toBe(false)
})

test('no file is written through a link of the same archive', async () => {
  const tar = pack()
  tar.entry({ name: 'link', type: 'symlink', linkname: '..' })
  tar.entry({ name: 'link/out' }, 'x')
  tar.finalize()
  // The directory that the second entry needs is made first, so that the link has no place.
  await expect(unpackDirectory(tar as AsyncIterable<Uint8Array>, join(dir, 'to'))).rejects.toMatchObject({ code: 'EEXIST' })
  expect(existsSync(join(dir, 'out'))).toBe(false)
})

test('bytes that are no tar are an error', async () => {
  const bytes = (async function* () {
    yield Buffer.alloc(512, 'x')
  })()
  await expect(unpackDirectory(bytes, join(dir, 'to'))).rejects.toThrow()
})
