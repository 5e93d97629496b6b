/** Podman, over its own REST API for containers and the one that it has from Docker for events.
 *
 *  Why not all of Docker's API: its list leaves out paused containers and pids and its documents leave out pods, and the engine id that it
 *  shows is another one at each call. */

import { TeuError } from '@teu/spec'
import { tlsFor } from '../address/docker-environment.ts'
import type { Cancellable, EngineClient, EngineEvent } from '../engine-client.ts'
import { packedContainer } from '../engine-options.ts'
import type { Container, EngineRef } from '../picture/container.ts'
import { EngineApi, query } from '../rest/engine-api.ts'
import { EventStream } from '../rest/event-stream.ts'
import type { OpenOptions } from '../source.ts'
import { listedFactsOf, podmanFactsOf } from './container-document.ts'
import { engineIdOf, placeOf, textAt } from './engine-id.ts'

/** Type of Podman engines. */
export const PODMAN_TYPE = 'podman.io'

/** Where root's Podman listens. */
export const PODMAN_SOCKET = '/run/podman/podman.sock'

/** Major version of the API, and the oldest Podman that answers well to it: 3 joined several values of one filter by "and". */
const OLDEST_MAJOR = 4
const BASE = '/v4.0.0'

/** Characters of a version that are believed to be one. */
const MOST_VERSION = 200

/** See the head of this file. The connection is made when it is needed. */
export class PodmanEngine implements EngineClient<EngineApi> {
  readonly type: string = PODMAN_TYPE
  readonly pid: number
  readonly client: EngineApi
  readonly #options: OpenOptions
  readonly #events = new EventStream()
  #id = ''
  #clock: Date | undefined

  /** @param address  `unix:///path` or the path, `tcp://host:port`, or `ssh://user@host`; default {@link PODMAN_SOCKET}
   *  @throws {TeuError} ERR_TEU_USAGE, ERR_TEU_UNSUPPORTED for anything else */
  constructor(address: string = PODMAN_SOCKET, options: OpenOptions = {}) {
    this.client = new EngineApi(address, { tls: options.tls ?? tlsFor(address), program: 'podman' })
    this.pid = options.pid ?? 0
    this.#options = options
  }

  get api(): string {
    return this.client.address
  }

  /** Looks who answers.
   *  @throws {TeuError} ERR_TEU_UNSUPPORTED when it is no Podman, or one before 4.0 */
  async attempt(options: Cancellable = {}): Promise<void> {
    const { libpodVersion, date } = await this.client.ping(options)
    if (libpodVersion === undefined || Number.parseInt(libpodVersion, 10) < OLDEST_MAJOR) {
      const who = libpodVersion === undefined ? 'something else answers' : `${libpodVersion} answers, ${OLDEST_MAJOR}.0 is needed`
      throw new TeuError('ERR_TEU_UNSUPPORTED', `Cannot watch ${this.api} as Podman: ${who}`)
    }
    this.#clock = date
    // Somebody else may have made the socket anew.
    this.#id = ''
  }

  /** Made of its socket, host name and the place of its containers, because Podman has none. */
  async id(options: Cancellable = {}): Promise<string> {
    if (this.#id === '') this.#id = await this.#identify(options).catch(() => '')
    return this.#id
  }

  async version(options: Cancellable = {}): Promise<string> {
    return await this.#info(options).then(
      (info) => textAt(info, 'version', 'Version').slice(0, MOST_VERSION),
      () => '',
    )
  }

  async list(options: Cancellable = {}): Promise<Container[]> {
    const filters = { status: ['running', 'paused'] }
    const items = await this.client.getList(`${BASE}/libpod/containers/json?${query({ filters })}`, options)
    const engine = await this.#ref(options)
    return items.flatMap((item) => {
      const facts = listedFactsOf(item, engine)
      return facts === undefined ? [] : [packedContainer(facts, item, this.#options)]
    })
  }

  async inspect(nameOrId: string, options: Cancellable = {}): Promise<Container> {
    const document = await this.client.getDocument(`${BASE}/libpod/containers/${encodeURIComponent(nameOrId)}/json`, options)
    return packedContainer(podmanFactsOf(document, await this.#ref(options)), document, this.#options)
  }

  /** Podman reads its events from a log, a moment after they were written; with the events backend `none` there are none, and this fails. */
  async lifecycleEvents({ signal }: { signal: AbortSignal }): Promise<AsyncIterable<EngineEvent>> {
    if (this.#clock === undefined) await this.attempt({ signal })
    return await this.#events.open(this.client, '/events', this.#clock ?? new Date(), signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client[Symbol.asyncDispose]()
  }

  async #info(options: Cancellable): Promise<unknown> {
    return await this.client.getDocument(`${BASE}/libpod/info`, options)
  }

  async #identify(options: Cancellable): Promise<string> {
    return engineIdOf(await this.#info(options), await placeOf(this.api))
  }

  async #ref(options: Cancellable): Promise<EngineRef> {
    return { type: this.type, id: await this.id(options), api: this.api, pid: this.pid }
  }
}
