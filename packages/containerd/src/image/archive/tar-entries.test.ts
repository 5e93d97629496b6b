import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { isTeuError } from '@teu/spec'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type TarEntry, tarOf } from '../../testing/image-files.ts'
import { type ArchiveEntry, entryPath, ownPath, readDocument } from './entry.ts'
import { tarEntries } from './tar-entries.ts'

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function listed(source: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<unknown[]> {
  const seen: unknown[] = []
  for await (const entry of tarEntries(source, signal)) {
    seen.push(entry.kind === 'file' ? [entry.path, Buffer.from(await readDocument(entry)).toString()] : [entry.path, '->', entry.target])
  }
  return seen
}

const invalid = (message: string): unknown =>
  expect.objectContaining({ code: 'ERR_TEU_IMAGE_INVALID', message: expect.stringContaining(message) })

describe('tarEntries()', () => {
  const entries: TarEntry[] = [
    [{ name: 'dir/', type: 'directory' }],
    [{ name: './dir/a' }, 'A'],
    [{ name: 'empty' }],
    [{ name: 'dir/link', type: 'symlink', linkname: '../empty' }],
    [{ name: 'hard', type: 'link', linkname: 'dir/a' }],
    [{ name: `${'long/'.repeat(60)}name` }, 'L'],
  ]
  const expected = [
    ['dir/a', 'A'],
    ['empty', ''],
    ['dir/link', '->', 'empty'],
    ['hard', '->', 'dir/a'],
    [`${'long/'.repeat(60)}name`, 'L'],
  ]

  test('lists files and links, however the bytes come', async () => {
    const tar = await tarOf(entries)
    for (const size of [1_000_000, 512, 7]) expect(await listed(inPieces(tar, size))).toEqual(expected)
    expect(await listed(inPieces(gzipSync(tar), 100))).toEqual(expected)
    expect(await listed(Readable.from([tar]))).toEqual(expected)
  })

  test('entries need not be read', async () => {
    const names: string[] = []
    for await (const entry of tarEntries(inPieces(await tarOf(entries), 300))) names.push(entry.path)
    expect(names).toHaveLength(5)
  })

  test.each<[string, TarEntry[], string]>([
    ['absolute', [[{ name: '/etc/passwd' }, 'x']], 'leads out of it'],
    ['parent', [[{ name: 'a/../../b' }, 'x']], 'leads out of it'],
    ['inner parent', [[{ name: 'a/../b' }, 'x']], 'leads out of it'],
    ['link out', [[{ name: 'a', type: 'symlink', linkname: '../b' }]], 'leads out of it'],
    ['absolute link', [[{ name: 'a', type: 'symlink', linkname: '/etc/shadow' }]], 'leads out of it'],
    ['hard link out', [[{ name: 'a/b', type: 'link', linkname: '../b' }]], 'leads out of it'],
    ['device', [[{ name: 'dev', type: 'character-device', devmajor: 1, devminor: 3 }]], 'character-device'],
    ['FIFO', [[{ name: 'fifo', type: 'fifo' }]], 'fifo'],
    [
      'same name twice',
      [
        [{ name: 'a' }, '1'],
        [{ name: './a' }, '2'],
      ],
      'twice',
    ],
  ])('refuses: %s', async (_, hostile, message) => {
    await expect(listed(inPieces(await tarOf(hostile), 100))).rejects.toEqual(invalid(message))
  })

  test('refuses what is no tar, empty, or cut short', async () => {
    const tar = await tarOf([[{ name: 'a' }, 'x'.repeat(2000)]])
    await expect(listed(inPieces(Buffer.alloc(0), 1))).rejects.toEqual(invalid('empty'))
    await expect(listed(inPieces(Buffer.alloc(2048, 'no tar '), 100))).rejects.toEqual(invalid('Cannot read the archive'))
    await expect(listed(inPieces(tar.subarray(0, 1500), 100))).rejects.toEqual(invalid('Cannot read the archive'))
    await expect(listed(inPieces(gzipSync(tar).subarray(0, 30), 10))).rejects.toEqual(invalid('Cannot read the archive'))
    await expect(listed(inPieces(Buffer.from([0x1f, 0x8b, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), 10))).rejects.toEqual(invalid('Cannot read'))
  })

  test('an error of the source comes as it is, and the source is given back', async () => {
    const failure = new RangeError('broken')
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield await tarOf(entries).then((tar) => tar.subarray(0, 700))
      throw failure
    }
    await expect(listed(failing())).rejects.toBe(failure)
    const source = Readable.from(inPieces(await tarOf(entries), 600))
    for await (const _ of tarEntries(source)) break
    expect(source.destroyed).toBe(true)
  })

  test('an abort ends it while the source says nothing', async () => {
    const source = new Readable({ read: () => {} })
    const stop = new AbortController()
    const reason = new Error('enough')
    setTimeout(() => stop.abort(reason), 10)
    await expect(listed(source, stop.signal)).rejects.toBe(reason)
    expect(source.destroyed).toBe(true)
    await expect(listed(source, stop.signal)).rejects.toBe(reason)
  })

  test('damaged archives end in one kind of error', async () => {
    const tar = await tarOf(entries)
    await fc.assert(
      fc.asyncProperty(fc.nat(tar.length - 1), fc.nat(255), fc.integer({ min: 1, max: tar.length }), async (at, value, length) => {
        const damaged = Buffer.from(tar.subarray(0, length))
        damaged[Math.min(at, length - 1)] = value
        const read = async (): Promise<void> => {
          for await (const entry of tarEntries(inPieces(damaged, 1000))) void (entry satisfies ArchiveEntry)
        }
        const error = await read().catch((caught: unknown) => caught)
        if (error !== undefined) expect(isTeuError(error, 'ERR_TEU_IMAGE_INVALID')).toBe(true)
      }),
      { numRuns: 60 },
    )
  })
})

describe('paths of entries', () => {
  test('stay inside', () => {
    expect(entryPath('../b', 'a')).toBe('b')
    expect(entryPath('./x//y/', '')).toBe('x/y')
    expect(ownPath('./')).toBe('')
    expect(() => entryPath('a\0b')).toThrow('leads out')
    fc.assert(
      fc.property(fc.array(fc.constantFrom('..', '.', '', 'a', 'b'), { maxLength: 8 }), (parts) => {
        let path: string
        try {
          path = entryPath(parts.join('/'), 'd/e')
        } catch {
          return
        }
        expect(path.split('/')).not.toContain('..')
        expect(path.startsWith('/')).toBe(false)
      }),
    )
  })
})
