import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { Content } from '../../gen/containerd/services/content/v1/content.gen.ts'
import { FakeStore } from '../../testing/fake-store.ts'
import { sha256 } from '../../testing/image-files.ts'
import { writeBlob } from './write-blob.ts'

const bytes = Buffer.from('0123456789'.repeat(200_000))
const pieces = (size: number): Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) => bytes.subarray(n * size, (n + 1) * size))

describe('writeBlob()', () => {
  test.each([1_000, 65_536, 700_000, 3_000_000])('sends pieces of %i bytes as messages of a good size', async (size) => {
    const store = new FakeStore()
    const seen: number[] = []
    const blob = await writeBlob(store.services, Readable.from(pieces(size)), { onBytes: (done) => seen.push(done), labels: { a: 'b' } })
    expect(blob).toMatchObject({ digest: sha256(bytes), size: bytes.length, existed: false })
    expect(Buffer.from(blob.head).toString()).toMatch(/^0123/)
    const stored = store.blobs.get(blob.digest)
    expect(stored?.labels).toEqual({ a: 'b' })
    expect(stored?.bytes.equals(bytes)).toBe(true)
    expect(seen.at(-1)).toBe(bytes.length)
    const sizes = store.transport.calls.map(({ request }) => (request as unknown as { data: Uint8Array }).data.length)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(512 * 1024)
    expect(sizes.length).toBeLessThan(12)
  })

  test('an empty blob', async () => {
    const store = new FakeStore()
    expect(await writeBlob(store.services, Readable.from([]), { size: 0 })).toMatchObject({ digest: sha256(''), size: 0 })
  })

  test('what is wrong is not committed, and the source is given back', async () => {
    for (const options of [{ digest: sha256('else') }, { size: 5 }, { size: bytes.length + 1 }]) {
      const store = new FakeStore()
      const source = Readable.from(pieces(65_536))
      await expect(writeBlob(store.services, source, { name: 'it', ...options })).rejects.toMatchObject({
        code: 'ERR_TEU_IMAGE_INVALID',
        message: expect.stringMatching(/^it: expected/),
      })
      expect([...store.blobs.keys(), ...store.ingests.keys()]).toEqual([])
      expect(source.destroyed).toBe(true)
    }
  })

  test('a daemon that refuses', async () => {
    const store = new FakeStore()
    store.failAt = 3
    const source = Readable.from(pieces(65_536))
    await expect(writeBlob(store.services, source)).rejects.toMatchObject({ code: 'ERR_TEU_RUNTIME' })
    await new Promise((resolve) => setImmediate(resolve))
    expect(source.destroyed).toBe(true)
    expect([...store.ingests.keys()]).toEqual([])
  })

  test.each([1, 2, 6])('a daemon that takes nothing after message %i ends it at the deadline of calls', async (last) => {
    const store = new FakeStore(30)
    let messages = 0
    store.transport.before(Content.method.write, () => ((messages += 1) < last ? Promise.resolve() : new Promise(() => {})))
    const source = Readable.from(pieces(524_288))
    await expect(writeBlob(store.services, source)).rejects.toMatchObject({
      code: 'ERR_TEU_TIMEOUT',
      message: expect.stringContaining('no progress for 30 ms'),
    })
    await new Promise((resolve) => setImmediate(resolve))
    if (last > 1) expect(source.destroyed).toBe(true)
  })

  test('a body that takes its time is no daemon that stalls', async () => {
    const slow = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('a')
      await new Promise((resolve) => setTimeout(resolve, 80))
      yield Buffer.from('b')
    }
    expect(await writeBlob(new FakeStore(20).services, slow())).toMatchObject({ size: 2 })
  })

  test('a daemon that takes nothing hears of no abort, and the caller is not held up by that', async () => {
    const store = new FakeStore(40)
    store.transport.before(Content.method.write, () => new Promise(() => {}))
    const stop = new AbortController()
    setTimeout(() => stop.abort(new Error('enough')), 5)
    await expect(writeBlob(store.services, Readable.from(pieces(65_536)), { signal: stop.signal })).rejects.toThrow('enough')
  })

  test('an abort, before and while the source says nothing', async () => {
    const store = new FakeStore()
    const stop = new AbortController()
    const source = new Readable({ read: () => {} })
    source.push('beginning')
    setTimeout(() => stop.abort(new Error('enough')), 10)
    await expect(writeBlob(store.services, source, { signal: stop.signal })).rejects.toThrow('enough')
    const calls = store.calls
    await expect(writeBlob(store.services, source, { signal: stop.signal })).rejects.toThrow('enough')
    expect(store.calls).toBe(calls)
    expect([...store.blobs.keys(), ...store.ingests.keys()]).toEqual([])
  })
})
