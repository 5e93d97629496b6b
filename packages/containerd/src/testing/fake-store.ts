/** Content, images, snapshots and leases of a daemon in memory, with calls that fail when the test wants it. */

import { Content, WriteAction, type WriteContentRequest } from '../gen/containerd/services/content/v1/content.gen.ts'
import { Diff } from '../gen/containerd/services/diff/v1/diff.gen.ts'
import { Images } from '../gen/containerd/services/images/v1/images.gen.ts'
import { Introspection } from '../gen/containerd/services/introspection/v1/introspection.gen.ts'
import { Leases } from '../gen/containerd/services/leases/v1/leases.gen.ts'
import { Snapshots } from '../gen/containerd/services/snapshots/v1/snapshots.gen.ts'
import { createServices, type Services } from '../rpc/services.ts'
import { RpcError, RpcStatus } from '../rpc/status.ts'
import { FakeTransport } from './fake-transport.ts'
import { sha256 } from './image-files.ts'

interface Blob {
  readonly bytes: Buffer
  labels: Record<string, string>
}

interface Target {
  readonly mediaType: string
  readonly digest: string
  readonly size: bigint
}

const missing = (what: string): RpcError => new RpcError(RpcStatus.NOT_FOUND, `${what}: not found`)
const exists = (what: string): RpcError => new RpcError(RpcStatus.ALREADY_EXISTS, `${what}: already exists`)

/** See the head of this file. Nothing is collected; what is unreferenced does not matter here. */
export class FakeStore {
  readonly blobs: Map<string, Blob> = new Map()
  readonly ingests: Map<string, Buffer[]> = new Map()
  readonly images: Map<string, Target> = new Map()
  readonly leases: Set<string> = new Set()
  /** Name → parent; active ones have a space in their names. */
  readonly snapshots: Map<string, string> = new Map()
  readonly transport: FakeTransport = new FakeTransport()
  readonly services: Services
  /** Digest that the next layers have when unpacked, by their own. */
  readonly diffIds: Map<string, string> = new Map()
  /** The call that fails, counted from 1; streams count each message. */
  failAt = 0
  calls = 0
  #lastApplied = ''

  constructor(callTimeoutMs = 0) {
    this.services = createServices(this.transport, { namespace: 'ns', callTimeoutMs })
    this.#content()
    this.#imagesAndLeases()
    this.#snapshots()
  }

  #count(): void {
    this.calls += 1
    if (this.calls === this.failAt) throw new RpcError(RpcStatus.UNKNOWN, 'injected')
  }

  #content(): void {
    this.transport
      .on(Content.method.write, (request) => {
        this.#count()
        return this.#write(request)
      })
      .on(Content.method.abort, ({ ref }) => {
        this.#count()
        if (!this.ingests.delete(ref)) throw missing(ref)
        return {}
      })
      .on(Content.method.info, ({ digest }) => {
        this.#count()
        return { info: { digest, size: BigInt(this.#blob(digest).bytes.length) } }
      })
      .on(Content.method.update, ({ info }) => {
        this.#count()
        const blob = this.#blob(info?.digest ?? '')
        blob.labels = { ...blob.labels, ...info?.labels }
        return {}
      })
      .on(Content.method.read, ({ digest }) => this.#read(digest))
  }

  #blob(digest: string): Blob {
    const blob = this.blobs.get(digest)
    if (blob === undefined) throw missing(digest)
    return blob
  }

  async *#read(digest: string): AsyncGenerator<{ data: Uint8Array }> {
    this.#count()
    yield { data: this.#blob(digest).bytes }
  }

  #write({ action, ref, expected, data, labels }: WriteContentRequest): object {
    if (action === WriteAction.STAT) {
      if (this.blobs.has(expected)) throw exists(expected)
      this.ingests.set(ref, [])
      return { action, offset: 0n }
    }
    const chunks = this.ingests.get(ref)
    if (chunks === undefined) throw missing(ref)
    chunks.push(Buffer.from(data))
    if (action !== WriteAction.COMMIT) return { action }
    const bytes = Buffer.concat(chunks)
    const digest = sha256(bytes)
    this.ingests.delete(ref)
    if (digest !== expected) throw new RpcError(RpcStatus.FAILED_PRECONDITION, 'unexpected commit digest')
    if (this.blobs.has(digest)) throw exists(digest)
    this.blobs.set(digest, { bytes, labels })
    return { action, digest }
  }

  #imagesAndLeases(): void {
    const image = (name: string): { image: { name: string; target: Target } } => {
      const target = this.images.get(name)
      if (target === undefined) throw missing(name)
      return { image: { name, target } }
    }
    this.transport
      .on(Images.method.get, ({ name }) => {
        this.#count()
        return image(name)
      })
      .on(Images.method.create, ({ image: made }) => {
        this.#count()
        if (this.images.has(made?.name ?? '')) throw exists(made?.name ?? '')
        this.images.set(made?.name ?? '', made?.target as Target)
        return image(made?.name ?? '')
      })
      .on(Images.method.update, ({ image: made }) => {
        this.#count()
        image(made?.name ?? '')
        this.images.set(made?.name ?? '', made?.target as Target)
        return image(made?.name ?? '')
      })
      .on(Images.method.delete, ({ name }) => {
        this.#count()
        if (!this.images.delete(name)) throw missing(name)
        return {}
      })
      .on(Leases.method.create, ({ id }) => {
        this.#count()
        this.leases.add(id)
        return { lease: { id } }
      })
      .on(Leases.method.addResource, () => {
        this.#count()
        return {}
      })
      .on(Leases.method.delete, ({ id }) => {
        this.#count()
        if (!this.leases.delete(id)) throw missing(id)
        // What it alone has held: unfinished writes and active snapshots.
        this.ingests.clear()
        for (const name of this.snapshots.keys()) if (name.includes(' ')) this.snapshots.delete(name)
        return {}
      })
  }

  #snapshots(): void {
    this.transport
      .on(Introspection.method.plugins, () => {
        this.#count()
        return { plugins: [{ type: 'io.containerd.snapshotter.v1', id: 'overlayfs' }] }
      })
      .on(Snapshots.method.stat, ({ key }) => {
        this.#count()
        if (!this.snapshots.has(key)) throw missing(key)
        return {}
      })
      .on(Snapshots.method.prepare, ({ key, parent }) => {
        this.#count()
        if (parent !== '' && !this.snapshots.has(parent)) throw missing(parent)
        this.snapshots.set(key, parent)
        return { mounts: [{ type: 'bind', source: '/x' }] }
      })
      .on(Snapshots.method.commit, ({ key, name }) => {
        this.#count()
        if (this.snapshots.has(name)) throw exists(name)
        this.snapshots.set(name, this.snapshots.get(key) ?? '')
        this.snapshots.delete(key)
        return {}
      })
      .on(Snapshots.method.remove, ({ key }) => {
        this.#count()
        if (!this.snapshots.delete(key)) throw missing(key)
        return {}
      })
      .on(Diff.method.apply, ({ diff }) => {
        this.#count()
        this.#lastApplied = diff?.digest ?? ''
        return { applied: { digest: this.diffIds.get(this.#lastApplied) ?? this.#lastApplied } }
      })
  }
}
