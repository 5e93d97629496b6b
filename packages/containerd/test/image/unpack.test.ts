import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { Readable } from 'node:stream'
import { expect } from 'vitest'
import { readAccounts } from '../../src/image/config/read-accounts.ts'
import { layerDirectories, readSnapshotFile } from '../../src/image/config/snapshot-files.ts'
import { importImage } from '../../src/image/import/import-image.ts'
import { deleteImage, getImage, listImages, tagImage } from '../../src/image/record/manage-images.ts'
import { resolveImage } from '../../src/image/record/resolve-image.ts'
import { prepareRoot, removeRoot, withView } from '../../src/image/unpack/root-snapshot.ts'
import { type UnpackedImage, type UnpackProgress, unpackImage } from '../../src/image/unpack/unpack-image.ts'
import { dockerArchive, gzipped, LAYER, Layout, tarOf, type TarEntry, uncompressed } from '../../src/testing/image-files.ts'
import { baseLayer, changesLayer, topLayer } from './busybox-image.ts'
import { type Daemon, daemonTests } from './daemon.ts'

const NAME = 'example.org/box:1'

async function layered(text?: string): Promise<Layout> {
  const layout = new Layout()
  return layout.tag(layout.image({ layers: [await baseLayer(), await changesLayer(), await topLayer(text)] }), NAME)
}

async function load({ services }: Daemon, layout: Layout): Promise<void> {
  await importImage(services, Readable.from([await layout.archive()]))
}

/** What a container would see of some files. */
const look = ({ services }: Daemon, image: UnpackedImage, ...paths: string[]): Promise<(string | undefined)[]> =>
  withView(services, image, async ({ mounts }) => {
    const directories = layerDirectories(mounts) ?? []
    return Promise.all(paths.map((path) => readSnapshotFile(directories, path)))
  })

const zstd = (layer: Buffer): { bytes: Buffer; mediaType: string } => ({
  bytes: execFileSync('zstd', ['-q', '-c'], { input: layer, maxBuffer: 1 << 28 }),
  mediaType: `${LAYER}+zstd`,
})
const hasZstd = ['/usr/bin/zstd', '/bin/zstd'].some((path) => existsSync(path))

daemonTests('unpack', (test) => {
  test('layers with whiteouts, kept by the image, gone with it', async (daemon) => {
    const { services } = daemon
    await load(daemon, await layered())
    const progress: UnpackProgress[] = []
    const image = await unpackImage(services, NAME, { onProgress: (one) => progress.push(one) })
    expect(image.snapshotter).toBe('overlayfs')
    expect(progress.map(({ status, doneLayers, totalLayers }) => [status, doneLayers, totalLayers])).toEqual(
      [1, 2, 3].map((n) => ['unpacked', n, 3]),
    )
    expect(await look(daemon, image, '/data/kept', '/data/changed', '/data/removed', '/data/deep/one', '/data/top')).toEqual([
      'kept\n',
      'after\n',
      undefined,
      undefined,
      'top\n',
    ])
    await daemon.collectGarbage()
    expect(new Set((await daemon.holdings()).snapshots)).toEqual(new Set(image.chainIds))
    expect((await daemon.ctr('image', 'check')).stdout).toMatch(/complete .* true/)
    progress.length = 0
    await unpackImage(services, NAME, { onProgress: (one) => progress.push(one) })
    expect(progress.map(({ status }) => status)).toEqual(['exists', 'exists', 'exists'])

    await deleteImage(services, NAME, { sync: true })
    expect(await daemon.holdings()).toEqual({ blobs: [], ingests: [], snapshots: [], images: [], leases: [], containers: [] })
    await daemon.expectEmpty()
  })

  test('accounts are read through the layers', async (daemon) => {
    await load(daemon, await layered())
    const image = await unpackImage(daemon.services, NAME)
    const accounts = await withView(daemon.services, image, ({ mounts }) => readAccounts(mounts))
    expect(accounts?.users).toContainEqual({ name: 'app', uid: 1234, gid: 1235 })
    expect(accounts?.groups).toContainEqual({ name: 'extra', gid: 77, members: ['other', 'app'] })
  })

  test('the daemon restarts between import and unpacking', async (daemon) => {
    await load(daemon, await layered())
    await daemon.restart()
    const image = await unpackImage(daemon.services, NAME)
    expect(await look(daemon, image, '/data/top')).toEqual(['top\n'])
  })

  test('several unpack one image at once', async (daemon) => {
    await load(daemon, await layered())
    const images = await Promise.all([1, 2, 3].map(() => unpackImage(daemon.services, NAME)))
    expect(new Set(images.map(({ chainId }) => chainId)).size).toBe(1)
    await daemon.collectGarbage()
    expect((await daemon.holdings()).snapshots).toHaveLength(3)
    expect((await daemon.holdings()).leases).toEqual([])
  })

  for (const [name, compress] of [
    ['uncompressed', uncompressed],
    ['gzip', gzipped],
    ...(hasZstd ? [['zstd', zstd] as const] : []),
  ] as const) {
    test(`layers: ${name}`, async (daemon) => {
      const layout = new Layout()
      await load(daemon, layout.tag(layout.image({ layers: [await topLayer(name)], compress }), NAME))
      expect(await look(daemon, await unpackImage(daemon.services, NAME), '/data/top')).toEqual([name])
    })
  }

  test('docker save, with equal layers', async (daemon) => {
    const layers = [await topLayer('one'), await changesLayer(), await topLayer('one')]
    await importImage(daemon.services, Readable.from([await dockerArchive(layers, ['app:1'])]))
    expect(await look(daemon, await unpackImage(daemon.services, 'app:1'), '/data/top', '/data/changed')).toEqual(['one', 'after\n'])
  })

  test('native, and both at once', async (daemon) => {
    await load(daemon, await layered())
    const image = await unpackImage(daemon.services, NAME, { snapshotter: 'native' })
    await unpackImage(daemon.services, NAME)
    await daemon.collectGarbage()
    expect(await look(daemon, image, '/data/changed', '/data/removed')).toEqual(['after\n', undefined])
    expect((await daemon.holdings('native')).snapshots).toHaveLength(3)
    await expect(unpackImage(daemon.services, NAME, { snapshotter: 'zfs' })).rejects.toMatchObject({ code: 'ERR_TEU_UNSUPPORTED' })
    await deleteImage(daemon.services, NAME, { sync: true })
    expect((await daemon.holdings('native')).snapshots).toEqual([])
    await daemon.expectEmpty()
  })

  test('native is chosen where overlayfs is not there', async (daemon) => {
    await daemon.stop()
    await daemon.start(['snapshotter.v1.overlayfs'])
    await load(daemon, await layered())
    expect((await unpackImage(daemon.services, NAME)).snapshotter).toBe('native')
  })

  test('a layer that is not what the config promises', async (daemon) => {
    const layout = new Layout()
    const wrong = await topLayer('wrong')
    await load(daemon, layout.tag(layout.image({ layers: [await topLayer('right')], compress: () => gzipped(wrong) }), NAME))
    await expect(unpackImage(daemon.services, NAME)).rejects.toMatchObject({
      code: 'ERR_TEU_IMAGE_INVALID',
      message: expect.stringContaining('when unpacked'),
    })
    expect((await daemon.holdings()).snapshots).toEqual([])
    await deleteImage(daemon.services, NAME, { sync: true })
    await daemon.expectEmpty()
  })

  test('aborted between layers and while one is unpacked', async (daemon) => {
    await load(daemon, await layered())
    const reason = new Error('enough')
    for (const ms of [0, 30]) {
      const stop = new AbortController()
      const onProgress = (): void => {
        setTimeout(() => stop.abort(reason), ms)
      }
      const unpacked = unpackImage(daemon.services, NAME, { signal: stop.signal, onProgress }).catch((error: unknown) => error)
      const outcome = await unpacked
      // The second may come too late.
      if (ms === 0) expect(outcome).toBe(reason)
      if (outcome !== reason) continue
      expect((await daemon.holdings()).snapshots).toEqual([])
      expect((await daemon.holdings()).leases).toEqual([])
    }
    await deleteImage(daemon.services, NAME, { sync: true })
    await daemon.expectEmpty()
  })

  test('aborted while the daemon unpacks a layer of many files', async (daemon) => {
    const many = await tarOf(Array.from({ length: 4000 }, (_, n): TarEntry => [{ name: `d${n % 50}/f${n}` }, `${n}`]))
    const layout = new Layout()
    await load(daemon, layout.tag(layout.image({ layers: [await topLayer(), many] }), NAME))
    const { services } = daemon
    const reason = new Error('enough')
    for (const ms of [1, 10, 30, 60, 120]) {
      const stop = new AbortController()
      const onProgress = (): void => {
        setTimeout(() => stop.abort(reason), ms)
      }
      const outcome = await unpackImage(services, NAME, { signal: stop.signal, onProgress }).catch((error: unknown) => error)
      if (ms === 1) expect(outcome).toBe(reason)
      if (outcome !== reason) break
      expect((await daemon.holdings()).leases).toEqual([])
      expect((await daemon.holdings()).snapshots).toEqual([])
    }
    await deleteImage(services, NAME, { sync: true })
    await daemon.expectEmpty()
  })

  test('names: list, get, tag, delete', async (daemon) => {
    const { services } = daemon
    await load(daemon, await layered())
    await tagImage(services, NAME, 'again')
    expect((await listImages(services)).map(({ name }) => name)).toEqual(['docker.io/library/again:latest', NAME])
    expect((await listImages(services, { filters: ['name~=box'] })).map(({ name }) => name)).toEqual([NAME])
    await deleteImage(services, NAME, { sync: true })
    await expect(getImage(services, NAME)).rejects.toMatchObject({ code: 'ERR_TEU_NOT_FOUND' })
    expect(await getImage(services, 'again')).toMatchObject({ createdAt: expect.any(Date), labels: {} })
    expect((await daemon.ctr('image', 'check')).stdout).toMatch(/complete/)
    await expect(tagImage(services, 'nothing', 'x')).rejects.toMatchObject({ code: 'ERR_TEU_NOT_FOUND' })
  })

  test('platforms: the best of an index', async (daemon) => {
    const layout = new Layout()
    const make = async (architecture: string, variant?: string) =>
      layout.image({ layers: [await topLayer(`${architecture} ${variant}`)], architecture, ...(variant === undefined ? {} : { variant }) })
    const made = [await make('arm', 'v6'), await make('arm', 'v7'), await make('arm64'), await make('amd64'), await make('amd64', 'v3')]
    await load(daemon, layout.tag(layout.index([layout.index(made.slice(0, 2)), layout.index(made.slice(2))]), NAME))
    const digestFor = async (platform: string): Promise<string> =>
      (await resolveImage(daemon.services, NAME, { platform })).manifestDescriptor.digest
    expect(await digestFor('linux/arm/v7')).toBe(made[1]?.digest)
    expect(await digestFor('arm/v6')).toBe(made[0]?.digest)
    expect(await digestFor('linux/arm64/v8')).toBe(made[2]?.digest)
    expect(await digestFor('linux/x86_64')).toBe(made[3]?.digest)
    expect(await digestFor('linux/amd64/v4')).toBe(made[4]?.digest)
    await expect(digestFor('linux/s390x')).rejects.toMatchObject({
      code: 'ERR_TEU_NOT_FOUND',
      message: expect.stringContaining('linux/arm/v7, linux/arm64, linux/amd64'),
    })
  })

  test('a root snapshot is kept while it is pinned, and removed', async (daemon) => {
    await load(daemon, await layered())
    const image = await unpackImage(daemon.services, NAME)
    const root = await prepareRoot(daemon.services, image, { key: 'box', pinned: true })
    expect(root.mounts[0]).toMatchObject({ type: 'overlay', options: expect.arrayContaining([expect.stringMatching(/^upperdir=/)]) })
    await expect(prepareRoot(daemon.services, image, { key: 'box' })).rejects.toMatchObject({ code: 'ERR_TEU_ALREADY_EXISTS' })
    await deleteImage(daemon.services, NAME, { sync: true })
    expect((await daemon.holdings()).snapshots).toHaveLength(4)
    await removeRoot(daemon.services, root)
    await removeRoot(daemon.services, root)
    await daemon.expectEmpty()
  })

  test('an image without layers', async (daemon) => {
    const layout = new Layout()
    await load(daemon, layout.tag(layout.image({ layers: [] }), NAME))
    const image = await unpackImage(daemon.services, NAME)
    expect(image.chainId).toBe('')
    const root = await prepareRoot(daemon.services, image, { key: 'empty', pinned: true })
    expect(root.mounts[0]?.type).toBe('bind')
    await removeRoot(daemon.services, root)
  })
})
