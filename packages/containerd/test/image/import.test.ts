import { writeFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { expect } from 'vitest'
import { dockerArchive, Layout, sha256, tarOf, uncompressed } from '../../src/testing/image-files.ts'
import { importImage } from '../../src/image/import/import-image.ts'
import { readBlob, type ReadBlobOptions } from '../../src/image/content/read-blob.ts'
import { writeBlob } from '../../src/image/content/write-blob.ts'
import { withLease } from '../../src/lease.ts'
import { deleteImage, getImage } from '../../src/image/record/manage-images.ts'
import { resolveImage } from '../../src/image/record/resolve-image.ts'
import { eventually } from '../../../../tests/harness/wait.ts'
import type { BlobProgress } from '../../src/image/import/store-entries.ts'
import { daemonTests } from './daemon.ts'

const layer = (text: string): Promise<Buffer> => tarOf([[{ name: 'a' }, text]])

async function small(name = 'example.org/small:1', text = 'hello'): Promise<Layout> {
  const layout = new Layout()
  return layout.tag(layout.image({ layers: [await layer(text), await layer(`${text} again`)], run: { Cmd: ['x'] } }), name)
}

daemonTests('import', (test) => {
  test('an archive, a layout and a stream are the same image', async ({ services }, lab) => {
    const layout = await small()
    writeFileSync(lab.path('image.tar'), await layout.archive())
    const progress: BlobProgress[] = []
    const [first] = await importImage(services, lab.path('image.tar'), { onProgress: (one) => progress.push(one) })
    expect(first).toMatchObject({ name: 'example.org/small:1', target: { digest: layout.top[0]?.digest } })
    expect(progress.filter(({ status }) => status === 'written').map(({ digest }) => digest)).toEqual([...layout.blobs.keys()])
    expect(progress.every(({ doneBytes, totalBytes }) => doneBytes <= totalBytes)).toBe(true)
    progress.length = 0
    const [second] = await importImage(services, layout.write(lab.path('layout')), { onProgress: (one) => progress.push(one) })
    expect(second?.target).toEqual(first?.target)
    expect(new Set(progress.filter(({ status }) => status !== 'writing').map(({ status }) => status))).toEqual(new Set(['exists']))
    const [third] = await importImage(services, Readable.from([await layout.archive()]), { name: 'other:2' })
    expect(third).toMatchObject({ name: 'docker.io/library/other:2', target: first?.target })
  })

  test('nothing is lost to garbage collection, and ctr finds the image complete', async (daemon) => {
    const layout = await small()
    await importImage(daemon.services, Readable.from([await layout.archive()]))
    await daemon.collectGarbage()
    expect(new Set((await daemon.holdings()).blobs)).toEqual(new Set(layout.blobs.keys()))
    expect((await daemon.holdings()).leases).toEqual([])
    expect((await daemon.ctr('image', 'check')).stdout).toMatch(/example\.org\/small:1.*complete \(/)
  })

  test('docker save, with links and a compressed archive', async (daemon) => {
    const layers = [await layer('one'), await layer('two'), await layer('one')]
    const [image] = await importImage(daemon.services, Readable.from([gzipSync(await dockerArchive(layers, ['app:1'], { Cmd: ['x'] }))]))
    expect(image?.name).toBe('docker.io/library/app:1')
    await daemon.collectGarbage()
    expect((await daemon.ctr('image', 'check')).stdout).toMatch(/complete \(/)
  })

  test('a wrong digest leaves nothing', async (daemon) => {
    const layout = await small()
    const [digest = ''] = layout.blobs.keys()
    layout.blobs.set(digest, Buffer.concat([layout.blobs.get(digest) ?? Buffer.alloc(0), Buffer.from(' ')]))
    await expect(importImage(daemon.services, Readable.from([await layout.archive()]))).rejects.toMatchObject({
      code: 'ERR_TEU_IMAGE_INVALID',
      message: expect.stringContaining(`expected digest ${digest}`),
    })
    await daemon.expectEmpty()
  })

  test('a missing layer and a layer of another size leave nothing', async (daemon) => {
    const layout = await small()
    const last = [...layout.blobs.keys()].at(-2) ?? ''
    layout.blobs.delete(last)
    await expect(importImage(daemon.services, Readable.from([await layout.archive()]))).rejects.toMatchObject({
      code: 'ERR_TEU_IMAGE_INVALID',
      message: expect.stringContaining(`the archive has no ${last}`),
    })
    const other = new Layout()
    const manifest = other.image({ layers: [await layer('x')], compress: uncompressed })
    const text = (other.blobs.get(manifest.digest) ?? '').toString()
    const wrong = other.blob(Buffer.from(text.replace('"size":2048', '"size":2049')), manifest.mediaType)
    expect(wrong.digest).not.toBe(manifest.digest)
    await expect(importImage(daemon.services, Readable.from([await other.tag(wrong, 'a:1').archive()]))).rejects.toMatchObject({
      code: 'ERR_TEU_IMAGE_INVALID',
      message: expect.stringContaining('expected 2049 bytes'),
    })
    await daemon.expectEmpty()
  })

  test('aborted in the middle, it leaves nothing', async (daemon) => {
    const big = await tarOf([[{ name: 'big' }, Buffer.alloc(8 * 1024 * 1024, 7)]])
    const layout = new Layout()
    const archive = await layout.tag(layout.image({ layers: [big], compress: uncompressed }), 'big:1').archive()
    const reason = new Error('enough')
    async function* slowly(): AsyncGenerator<Buffer> {
      for (let at = 0; at < archive.length; at += 65_536) yield archive.subarray(at, at + 65_536)
      await new Promise(() => {})
    }
    for (const atBytes of [1, 600_000, 1_100_000, 4_000_000, 7_900_000]) {
      const stop = new AbortController()
      const onProgress = ({ doneBytes }: BlobProgress): void => {
        if (doneBytes > atBytes) stop.abort(reason)
      }
      await expect(importImage(daemon.services, slowly(), { signal: stop.signal, onProgress })).rejects.toBe(reason)
      expect(daemon.onDisk()).toEqual({ blobs: [], ingests: [], snapshots: [] })
    }
    await daemon.expectEmpty()
  })

  test('a source that fails or stalls leaves nothing', async (daemon) => {
    const archive = await (await small()).archive()
    const cut = Readable.from([archive.subarray(0, 1024)])
    await expect(importImage(daemon.services, cut)).rejects.toMatchObject({ code: 'ERR_TEU_IMAGE_INVALID' })
    const failure = new TypeError('the disk fell out')
    async function* failing(): AsyncGenerator<Buffer> {
      yield archive.subarray(0, 2048)
      throw failure
    }
    await expect(importImage(daemon.services, failing())).rejects.toBe(failure)
    const stop = AbortSignal.timeout(200)
    const stalled = new Readable({ read() {} })
    stalled.push(archive.subarray(0, 1500))
    await expect(importImage(daemon.services, stalled, { signal: stop })).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(stalled.destroyed).toBe(true)
    await daemon.expectEmpty()
  })

  test('a name moves to a new image, and the old one goes', async (daemon) => {
    await importImage(daemon.services, Readable.from([await (await small()).archive()]))
    const layout = await small('example.org/small:1', 'changed')
    await importImage(daemon.services, Readable.from([await layout.archive()]))
    await daemon.collectGarbage()
    expect(new Set((await daemon.holdings()).blobs)).toEqual(new Set(layout.blobs.keys()))
  })

  test('two imports of one image at once', async (daemon) => {
    const big = await tarOf([[{ name: 'big' }, Buffer.alloc(3 * 1024 * 1024, 7)]])
    const layout = new Layout()
    const archive = await layout.tag(layout.image({ layers: [big], compress: uncompressed }), 'big:1').archive()
    const all = await Promise.all([1, 2, 3].map(() => importImage(daemon.services, Readable.from([archive]))))
    expect(new Set(all.map(([image]) => image?.target.digest)).size).toBe(1)
    await daemon.collectGarbage()
    expect((await daemon.holdings()).blobs).toHaveLength(3)
    expect((await daemon.holdings()).ingests).toEqual([])
  })

  test('an index with one platform of two, nested', async (daemon) => {
    const layout = new Layout()
    const here = layout.image({ layers: [await layer('here')] })
    const elsewhere = { ...here, digest: sha256('elsewhere'), platform: { os: 'linux', architecture: 's390x' } }
    layout.tag(layout.index([layout.index([elsewhere]), layout.index([here, elsewhere])]), 'multi:1')
    await importImage(daemon.services, Readable.from([await layout.archive()]))
    await daemon.collectGarbage()
    expect((await daemon.holdings()).blobs).toHaveLength(layout.blobs.size)
  })

  test('blobs that nobody else holds any more are held from the moment they are found', async (daemon) => {
    const { services } = daemon
    const layout = await small()
    const archive = await layout.archive()
    await services.leases.create({ id: 'earlier' })
    for (const [digest, bytes] of layout.blobs) await writeBlob(services.withLease('earlier'), Readable.from([bytes]), { digest })
    let found = 0
    async function* source(): AsyncGenerator<Buffer> {
      const indexAt = archive.indexOf('index.json')
      yield archive.subarray(0, indexAt)
      await eventually('all blobs are found', () => (found === layout.blobs.size ? true : undefined))
      await services.leases.delete({ id: 'earlier', sync: true })
      yield archive.subarray(indexAt)
    }
    await importImage(services, source(), { onProgress: ({ status }) => (found += status === 'exists' ? 1 : 0) })
    await daemon.collectGarbage()
    expect(new Set((await daemon.holdings()).blobs)).toEqual(new Set(layout.blobs.keys()))
  })

  test('the daemon is killed in the middle and comes back', async (daemon) => {
    const big = await tarOf([[{ name: 'big' }, Buffer.alloc(2 * 1024 * 1024, 7)]])
    const layout = new Layout()
    const archive = await layout.tag(layout.image({ layers: [big], compress: uncompressed }), 'big:1').archive()
    let restarted: Promise<void> | undefined
    async function* source(): AsyncGenerator<Buffer> {
      yield archive.subarray(0, 1_500_000)
      await daemon.stop('SIGKILL')
      restarted = daemon.start()
      yield archive.subarray(1_500_000)
    }
    await expect(importImage(daemon.services, source())).rejects.toMatchObject({ code: 'ERR_TEU_UNAVAILABLE' })
    await restarted
    await daemon.expectEmpty()
    await importImage(daemon.services, Readable.from([archive]))
  })

  test('what ctr exports, into another namespace of the same daemon', async (daemon, lab) => {
    const layout = await small()
    await importImage(daemon.services, Readable.from([await layout.archive()]))
    const { status, stderr } = await daemon.ctr('image', 'export', lab.path('export.tar'), 'example.org/small:1')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const other = daemon.services.withNamespace('other')
    const [image] = await importImage(other, lab.path('export.tar'))
    expect(image).toMatchObject({ name: 'example.org/small:1', target: { digest: layout.top[0]?.digest } })
    await deleteImage(daemon.services, 'example.org/small:1', { sync: true })
    expect(daemon.onDisk().blobs.length).toBeGreaterThanOrEqual(layout.blobs.size)
    await deleteImage(other, 'example.org/small:1', { sync: true })
    await daemon.expectEmpty()
  })

  test('what ctr imports is the same to us, by its name', async (daemon, lab) => {
    const layout = await small('plain')
    writeFileSync(lab.path('image.tar'), await layout.archive())
    await daemon.ctr('image', 'import', lab.path('image.tar'))
    expect((await getImage(daemon.services, 'plain')).target.digest).toBe(layout.top[0]?.digest)
    expect((await resolveImage(daemon.services, 'plain')).config.cmd).toEqual(['x'])
  })

  test('blobs can be written and read by themselves', async ({ services }) => {
    const bytes = Buffer.from('some bytes of a blob')
    await withLease(services, 'test', async ({ services: held }) => {
      const first = await writeBlob(held, Readable.from([bytes]), { labels: { a: 'b' } })
      expect(first).toMatchObject({ digest: sha256(bytes), size: bytes.length, existed: false })
      expect((await writeBlob(held, Readable.from([bytes]))).existed).toBe(true)
      expect((await services.content.info({ digest: first.digest })).info?.labels).toEqual({ a: 'b' })
      const read = async (options: ReadBlobOptions): Promise<string> => {
        const chunks: Uint8Array[] = []
        for await (const chunk of readBlob(services, first.digest, options)) chunks.push(chunk)
        return Buffer.concat(chunks).toString()
      }
      expect(await read({})).toBe('some bytes of a blob')
      expect(await read({ offsetBytes: 5, lengthBytes: 5 })).toBe('bytes')
      expect(await read({ lengthBytes: 0 })).toBe('')
    })
  })
})
