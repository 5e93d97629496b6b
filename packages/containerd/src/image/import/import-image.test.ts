import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { FakeStore } from '../../testing/fake-store.ts'
import { dockerArchive, Layout, sha256, tarOf, uncompressed } from '../../testing/image-files.ts'
import { LABEL } from '../content/label-blob.ts'
import { unpackImage } from '../unpack/unpack-image.ts'
import { importImage } from './import-image.ts'

const layers = ['one', 'two'].map((text) => Buffer.from(text))

function twoImages(): Layout {
  const layout = new Layout()
  const first = layout.image({ layers, compress: uncompressed })
  const second = layout.image({ layers: layers.slice(1), compress: uncompressed, run: { Cmd: ['x'] } })
  return layout.tag(first, 'r.io/a:1').tag(layout.index([first, second]), 'r.io/b:1')
}

const load = async ({ services }: FakeStore, archive: Promise<Buffer>): Promise<unknown> =>
  importImage(services, Readable.from([await archive]))

describe('importImage()', () => {
  test('labels lead from each document to all that it needs', async () => {
    const store = new FakeStore()
    const layout = new Layout()
    const image = layout.image({ layers, compress: uncompressed })
    const index = layout.index([image])
    await load(store, layout.tag(index, 'r.io/a:1').archive())
    expect(store.blobs.get(index.digest)?.labels).toEqual({ 'containerd.io/gc.ref.content.m.0': image.digest })
    expect(store.blobs.get(image.digest)?.labels).toMatchObject({
      'containerd.io/gc.ref.content.l.0': sha256('one'),
      'containerd.io/gc.ref.content.l.1': sha256('two'),
      'containerd.io/gc.ref.content.config': expect.stringMatching(/^sha256:/),
    })
    expect([...store.leases, ...store.ingests.keys()]).toEqual([])
  })

  test('whichever call fails, no record, lease or unfinished write is left', async () => {
    const archive = twoImages().archive()
    const whole = new FakeStore()
    await load(whole, archive)
    const leaseCalls = whole.transport.names().filter((name) => name === 'Leases.delete')
    expect(leaseCalls).toHaveLength(1)
    for (let failAt = 1; failAt < whole.calls; failAt += 1) {
      const store = new FakeStore()
      store.failAt = failAt
      const error = await load(store, archive).catch((caught: unknown) => caught)
      expect(error, `call ${failAt}`).toMatchObject({ code: 'ERR_TEU_RUNTIME', message: expect.stringContaining('injected') })
      expect([...store.images.keys(), ...store.leases, ...store.ingests.keys()], `call ${failAt}`).toEqual([])
    }
  })

  test('a name that was taken moves back', async () => {
    const before = new Layout()
    await load(new FakeStore(), before.tag(before.image({ layers: [] }), 'r.io/a:1').archive())
    for (const failing of ['Images.create', 'Images.update']) {
      const store = new FakeStore()
      await load(store, before.archive())
      const old = store.images.get('r.io/a:1')
      // The first name moves, then the record of the second fails.
      const counted = new FakeStore()
      await load(counted, before.archive())
      const start = counted.calls
      await load(counted, twoImages().archive())
      store.failAt = start + (failing === 'Images.create' ? counted.calls - start - 1 : counted.calls - start - 2)
      await expect(load(store, twoImages().archive())).rejects.toMatchObject({ message: expect.stringContaining('injected') })
      expect(store.images.get('r.io/a:1')).toEqual(old)
      expect(store.images.size).toBe(1)
    }
  })

  test('what the daemon has is verified and not sent', async () => {
    const store = new FakeStore()
    await load(store, twoImages().archive())
    const sent = store.transport.calls.length
    await load(store, twoImages().archive())
    const writes = store.transport.calls.slice(sent).filter(({ method }) => method === 'Content.write')
    expect(writes.map(({ request }) => (request as unknown as { action: number }).action)).toEqual(writes.map(() => 0))
    const damaged = twoImages()
    damaged.blobs.set(sha256('one'), Buffer.from('eno'))
    await expect(load(store, damaged.archive())).rejects.toMatchObject({ code: 'ERR_TEU_IMAGE_INVALID' })
  })

  test('docker save: what does not fit together', async () => {
    const attempt = async (archive: Buffer): Promise<unknown> =>
      load(new FakeStore(), Promise.resolve(archive)).catch((error: unknown) => (error as Error).message)
    const good = await dockerArchive(layers, ['a:1'])
    expect(await load(new FakeStore(), Promise.resolve(good))).toMatchObject([{ name: 'docker.io/library/a:1' }])
    const replaced = (from: string, to: string): Buffer => Buffer.from(good.toString('latin1').replace(from, to), 'latin1')
    expect(await attempt(replaced('"layer1/layer.tar"', '"layer9/layer.tar"'))).toBe('manifest.json: the archive has no layer9/layer.tar')
    expect(await attempt(replaced('"layer1/layer.tar"', '"layer0/layer.tar"'))).toContain('layer0/layer.tar: expected digest')
    expect(await attempt(replaced('"layer0/layer.tar",', ' '.repeat(19)))).toContain('expected 2 layers')
    expect(await attempt(await dockerArchive(layers, null))).toContain('no full name')
  })

  test.each([
    ['neither kind', new Map([['a.json', '{}']]), 'neither oci-layout'],
    ['index without layout', new Map([['index.json', '{"manifests":[]}']]), 'neither oci-layout'],
    [
      'empty index',
      new Map([
        ['oci-layout', '{"imageLayoutVersion":"1.0.0"}'],
        ['index.json', '{}'],
      ]),
      'no images',
    ],
    ['other layout', new Map([['oci-layout', '{"imageLayoutVersion":"2.0.0"}']]), 'version 1'],
    ['blob of another name', new Map([[`blobs/sha256/${'0'.repeat(64)}`, 'x']]), 'expected digest sha256:000'],
    [
      'huge index',
      new Map([
        ['oci-layout', '{"imageLayoutVersion":"1.0.0"}'],
        ['index.json', ' '.repeat(5_000_000)],
      ]),
      'bytes of JSON',
    ],
    ['no table', new Map([['manifest.json', '[]']]), 'no images'],
  ])('refuses: %s', async (_, files, message) => {
    const layout = new Layout()
    layout.files = () => new Map([...files].map(([name, text]) => [name, Buffer.from(text)]))
    const store = new FakeStore()
    await expect(load(store, layout.archive())).rejects.toMatchObject({
      code: 'ERR_TEU_IMAGE_INVALID',
      message: expect.stringContaining(message),
    })
    expect([...store.leases, ...store.ingests.keys()]).toEqual([])
  })

  test('links of an archive that go round in circles', async () => {
    const archive = tarOf([
      [{ name: 'a.tar', type: 'symlink', linkname: 'b.tar' }],
      [{ name: 'b.tar', type: 'symlink', linkname: 'a.tar' }],
      [{ name: 'manifest.json' }, '[{"Config":"a.tar","Layers":[]}]'],
    ])
    await expect(load(new FakeStore(), archive)).rejects.toMatchObject({ message: expect.stringContaining('circles') })
  })

  test('options that are none', async () => {
    const { services } = new FakeStore()
    await expect(importImage(services, 'x', { nmae: 'y' } as object)).rejects.toBeInstanceOf(TypeError)
  })
})

describe('unpackImage()', () => {
  test('whichever call fails, no lease and no unfinished snapshot is left', async () => {
    const run = async (failAt: number): Promise<{ store: FakeStore; error: unknown }> => {
      const store = new FakeStore()
      await load(store, twoImages().archive())
      store.calls = 0
      store.failAt = failAt
      const error = await unpackImage(store.services, 'r.io/a:1').then(
        () => undefined,
        (caught: unknown) => caught,
      )
      return { store, error }
    }
    const { store: whole } = await run(0)
    expect([...whole.snapshots]).toEqual([
      [sha256('one'), ''],
      [sha256(`${sha256('one')} ${sha256('two')}`), sha256('one')],
    ])
    for (let failAt = 1; failAt < whole.calls; failAt += 1) {
      const { store, error } = await run(failAt)
      expect(error, `call ${failAt}`).toMatchObject({ message: expect.stringContaining('injected') })
      expect(
        [...store.snapshots.keys()].filter((name) => name.includes(' ')),
        `call ${failAt}`,
      ).toEqual([])
      expect([...store.leases]).toEqual([])
    }
  })

  test('an abort while the snapshots become the image’s comes too late, and cancels nothing of it', async () => {
    const store = new FakeStore()
    await load(store, twoImages().archive())
    const stop = new AbortController()
    const { content } = store.services
    const seen: (AbortSignal | undefined)[] = []
    const update: typeof content.update = (request, options) => {
      if (Object.keys(request.info?.labels ?? {}).some((key) => key.startsWith(LABEL.snapshot))) {
        stop.abort(new Error('enough'))
        seen.push(options?.signal)
      }
      return content.update(request, options)
    }
    const services = { ...store.services, withLease: () => ({ ...store.services, content: { ...content, update } }) }
    expect(await unpackImage(services, 'r.io/a:1', { signal: stop.signal })).toMatchObject({ snapshotter: 'overlayfs' })
    expect(seen).toEqual([undefined])
  })

  test('somebody else was faster', async () => {
    const store = new FakeStore()
    await load(store, twoImages().archive())
    const { snapshots } = store.services
    const commit: typeof snapshots.commit = async (request, options) => {
      store.snapshots.set(request.name ?? '', '')
      return snapshots.commit(request, options)
    }
    const services = { ...store.services, withLease: () => ({ ...store.services, snapshots: { ...snapshots, commit } }) }
    await unpackImage(services, 'r.io/a:1')
    expect([...store.snapshots.keys()].filter((name) => name.includes(' '))).toEqual([])
  })
})
