/** The connection to a CRI socket. */

import { TeuError } from '@teu/spec'
import type { Transport } from '@teu/containerd'
import { socketPath } from '../address/engine-address.ts'
import type { OpenRuntime, RuntimeClient } from './runtime-service.ts'

/** See the head of this file. It makes itself anew when it is lost. */
export class CriApi implements AsyncDisposable {
  /** `unix:///run/crio/crio.sock` */
  readonly address: string
  readonly #path: string
  #open: Promise<OpenRuntime> | undefined
  #closed = false

  /** @param address  `unix:///path` or the path
   *  @throws {TeuError} ERR_TEU_UNSUPPORTED for other addresses */
  constructor(address: string) {
    this.#path = socketPath(address)
    this.address = `unix://${this.#path}`
  }

  /** The calls of `runtime.v1.RuntimeService` that look at containers.
   *  @throws {TeuError} ERR_TEU_INVALID_STATE when the connection is closed */
  async runtime(): Promise<RuntimeClient> {
    return (await this.#opened()).runtime
  }

  /** What is below, for `createServiceClient()` of `@teu/containerd` with any other service of the engine. */
  async transport(): Promise<Transport> {
    return (await this.#opened()).transport
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    const open = await this.#open?.catch(() => undefined)
    await open?.transport.end()
  }

  #opened(): Promise<OpenRuntime> {
    if (this.#closed) return Promise.reject(new TeuError('ERR_TEU_INVALID_STATE', `The connection to ${this.address} is closed`))
    this.#open ??= import('./runtime-service.ts').then(({ openRuntime }) => openRuntime(this.#path))
    return this.#open
  }
}
