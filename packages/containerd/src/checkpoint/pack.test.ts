import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
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

const drained = async (from: string, onChunk: () => void = () => {}): Promise<void> => {
  for await (const _ of packDirectory(from)) onChunk()
}

test.each([
  ['a directory that is not there', 'none', 'ENOENT'],
  ['a file in place of a directory', 'file', 'ENOTDIR'],
])('%s is an error with a code, place and errno', async (_what, name, errno) => {
  writeFileSync(join(dir, 'file'), 'x')
  await expect(drained(join(dir, name))).rejects.toMatchObject({ code: 'ERR_TEU_INVALID_ARGUMENT', errno, path: join(dir, name) })
})

test.each([
  ['grows', (path: string) => appendFileSync(path, Buffer.alloc(100_000))],
  ['shrinks', (path: string) => truncateSync(path, 100)],
])('a file that %s while it is read is an error, and no more than that', async (_what, change) => {
  mkdirSync(join(dir, 'from'))
  const path = join(dir, 'from/core.img')
  writeFileSync(path, Buffer.alloc(4_000_000))
  await expect(drained(join(dir, 'from'), () => change(path))).rejects.toMatchObject({ code: 'ERR_TEU_INVALID_ARGUMENT', path })
})

test('a reader that leaves early ends the reading', async () => {
  mkdirSync(join(dir, 'from'))
  writeFileSync(join(dir, 'from/core.img'), Buffer.alloc(4_000_000))
  for await (const chunk of packDirectory(join(dir, 'from'))) if (chunk.length > 1024) break
  const open = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return ''
    }
  })
  expect(open.filter((path) => path.startsWith(dir))).toEqual([])
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
