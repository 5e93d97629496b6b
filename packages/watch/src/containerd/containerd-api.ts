/** The connection to a containerd. The client with its gRPC library is loaded when it is used: whoever watches Docker alone never needs it. */

import type { Services, Transport } from '@teu/containerd'
import { TeuError } from '@teu/spec'
import { ForeignSocket, isForeign } from '../discovery/foreign-socket.ts'
import { socketPath } from '../address/engine-address.ts'

/** What is loaded. */
export type ContainerdModule = typeof import('@teu/containerd')

const CALL_TIMEOUT_MS = 60_000

/** A connection, made when it is needed, and anew after {@link ContainerdApi.disconnect}. */
export class ContainerdApi implements Disposable, AsyncDisposable {
  /** `unix:///run/containerd/containerd.sock` */
  readonly address: string
  readonly #open: (() => Transport | Promise<Transport>) | undefined
  #transport: Promise<Transport> | undefined
  /** Connections that were given up, and whose sockets are not closed yet. */
  readonly #leaving = new Set<Promise<void>>()
  #isDisposed = false
  /** Of another mount namespace. */
  readonly #foreign: ForeignSocket | undefined

  /** @param address  `unix:///path` or the path
   *  @param open     makes another connection than that to the socket
   *  @throws {TeuError} ERR_TEU_UNSUPPORTED for other addresses */
  constructor(address: string, open?: () => Transport | Promise<Transport>) {
    this.address = `unix://${socketPath(address)}`
    this.#open = open
    const path = socketPath(address)
    this.#foreign = isForeign(path) ? new ForeignSocket(path) : undefined
  }

  load(): Promise<ContainerdModule> {
    return import('@teu/containerd')
  }

  /** The daemon's services in a namespace, by default in `default`. Ask again rather than keep them: they belong to one connection, and
   *  there is a new one when that was lost.
   *  @throws {TeuError} ERR_TEU_INVALID_STATE after disposal */
  async services(namespace?: string): Promise<Services> {
    const { createServices, openGrpcTransport } = await this.load()
    if (this.#isDisposed) throw new TeuError('ERR_TEU_INVALID_STATE', `The connection to ${this.address} is closed`)
    this.#transport ??= this.#open === undefined ? this.#path().then(openGrpcTransport) : Promise.resolve(this.#open())
    const defaults = { callTimeoutMs: CALL_TIMEOUT_MS, address: socketPath(this.address) }
    const transport = await this.#transport.catch((error: unknown) => {
      this.#transport = undefined
      throw error
    })
    return createServices(transport, { namespace: namespace ?? 'default', ...defaults })
  }

  /** Gives the connection up. The next call makes one at once, whereas one that was lost would wait before it tries again. */
  disconnect(): void {
    const transport = this.#transport
    this.#transport = undefined
    if (transport === undefined) return
    const leaving = transport
      .then((one) => one.end())
      .catch(() => undefined)
      .finally(() => this.#leaving.delete(leaving))
    this.#leaving.add(leaving)
  }

  [Symbol.dispose](): void {
    void this[Symbol.asyncDispose]()
  }

  /** Resolves when the socket is closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true
    this.disconnect()
    await Promise.all(this.#leaving)
    await this.#foreign?.[Symbol.asyncDispose]()
  }

  async #path(): Promise<string> {
    return (await this.#foreign?.path()) ?? socketPath(this.address)
  }
}
