import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Layout } from '../../testing/image-files.ts'
import { readDocument } from './entry.ts'
import { blobPath, layoutEntries } from './layout-entries.ts'
import { openArchive } from './open-archive.ts'

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'teu-layout-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

async function paths(): Promise<string[]> {
  const seen: string[] = []
  for await (const entry of layoutEntries(dir)) {
    seen.push(entry.path)
    if (entry.kind === 'file' && seen.length % 2 === 0) expect(await readDocument(entry)).toHaveLength(entry.size)
  }
  return seen
}

const small = (): Layout => {
  const layout = new Layout()
  const image = layout.image({ layers: [Buffer.from('one'), Buffer.from('two'), Buffer.from('one')] })
  return layout.tag(layout.index([image, image]), 'x:1')
}

describe('layoutEntries()', () => {
  test('lists what the index leads to, each once', async () => {
    const layout = small()
    layout.blob(Buffer.from('of nobody'), 'application/x')
    layout.write(dir)
    const blobs = [...layout.blobs.keys()].slice(0, -1).map((digest) => blobPath(digest))
    const seen = await paths()
    expect(seen.slice(0, 2)).toEqual(['oci-layout', 'index.json'])
    expect(new Set(seen.slice(2))).toEqual(new Set(blobs))
    expect(seen).toHaveLength(blobs.length + 2)
  })

  test('leaves out what is not there, and says when there is no index', async () => {
    const layout = small()
    layout.write(dir)
    unlinkSync(join(dir, blobPath([...layout.blobs.keys()][0] ?? '')))
    expect(await paths()).toHaveLength(layout.blobs.size + 1)
    unlinkSync(join(dir, 'index.json'))
    await expect(paths()).rejects.toMatchObject({ code: 'ERR_TEU_IMAGE_INVALID', message: expect.stringContaining('no index.json') })
  })

  test('reads neither through links nor from FIFOs', async () => {
    const layout = small()
    layout.write(dir)
    const blob = join(dir, blobPath([...layout.blobs.keys()][1] ?? ''))
    unlinkSync(blob)
    symlinkSync('/etc/passwd', blob)
    await expect(paths()).rejects.toMatchObject({ code: 'ERR_TEU_IMAGE_INVALID', errno: 'ELOOP' })
    unlinkSync(blob)
    execFileSync('mkfifo', [blob])
    await expect(paths()).rejects.toMatchObject({ message: expect.stringContaining('no regular file') })
  })

  test('refuses an index of another kind', async () => {
    small().write(dir)
    writeFileSync(join(dir, 'index.json'), '{"manifests": 5}')
    await expect(paths()).rejects.toMatchObject({ code: 'ERR_TEU_IMAGE_INVALID', pointer: '/manifests' })
  })
})

test('openArchive() says that there is nothing', async () => {
  await expect(openArchive(join(dir, 'nothing'))).rejects.toMatchObject({ code: 'ERR_TEU_NOT_FOUND', errno: 'ENOENT' })
})
