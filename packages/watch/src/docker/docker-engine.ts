/** Docker, or what is compatible with it, over its REST API. */

import { TeuError } from '@teu/spec'
import { isRecord, readId, readName } from '../answers/values.ts'
import { apiVersionFromEnvironment, tlsFor } from '../address/docker-environment.ts'
import type { Cancellable, EngineClient, EngineEvent } from '../engine-client.ts'
import { packedContainer } from '../engine-options.ts'
import type { Container, EngineRef } from '../picture/container.ts'
import { EngineApi, query } from '../rest/engine-api.ts'
import { EventStream } from '../rest/event-stream.ts'
import type { OpenOptions } from '../source.ts'
import { mapBounded } from '../watcher/bounded.ts'
import { isGone } from '../watcher/inspections.ts'
import { negotiateVersion } from './api-version.ts'
import { factsOf, undescribed } from './container-document.ts'

/** Type of Docker engines. */
export const DOCKER_TYPE = 'docker.com'

/** Where dockerd listens when nobody has told it otherwise. */
export const DOCKER_SOCKET = '/run/docker.sock'

/** Options of a {@link DockerEngine}. */
export interface DockerOptions extends OpenOptions {
  /** For engines that are compatible with Docker but are something else. Default {@link DOCKER_TYPE}. */
  readonly type?: string | undefined
}

/** Inspections at the same time, for a list. */
const CONCURRENCY = 8

/** See the head of this file. The connection is made when it is needed. */
export class DockerEngine implements EngineClient<EngineApi> {
  readonly type: string
  readonly pid: number
  readonly client: EngineApi
  readonly #options: DockerOptions
  readonly #events = new EventStream()
  #id = ''
  #base: string | undefined
  #clock = new Date(0)

  /** @param address  `unix:///path` or the path, `tcp://host:port`, or `ssh://user@host`; default {@link DOCKER_SOCKET}
   *  @throws {TeuError} ERR_TEU_USAGE, ERR_TEU_UNSUPPORTED for anything else */
  constructor(address: string = DOCKER_SOCKET, options: DockerOptions = {}) {
    this.client = new EngineApi(address, { tls: options.tls ?? tlsFor(address) })
    this.type = options.type ?? DOCKER_TYPE
    this.pid = options.pid ?? 0
    this.#options = options
  }

  get api(): string {
    return this.client.address
  }

  /** Settles on a version of the API, and asks who is there, anew each time: the engine may have been replaced by another one.
   *  @throws {TeuError} ERR_TEU_UNSUPPORTED when there is none in common, or the engine does not know the one that is wanted, or when it is Podman that answers */
  async attempt(options: Cancellable = {}): Promise<void> {
    const { apiVersion, libpodVersion, date } = await this.client.ping(options)
    if (libpodVersion !== undefined && this.type === DOCKER_TYPE) {
      throw new TeuError('ERR_TEU_UNSUPPORTED', `Cannot watch ${this.api} as Docker: Podman ${libpodVersion} answers`, {
        remedy: 'use a PodmanEngine, or type: "podman.io"',
      })
    }
    this.#clock = date
    this.#base = `/v${negotiateVersion(apiVersion, this.#options.apiVersion ?? apiVersionFromEnvironment())}`
    this.#id = (await this.#info('ID', options)) || this.#id
  }

  /** Docker's ID; it stays the same over restarts. */
  async id(options?: Cancellable): Promise<string> {
    if (this.#id !== '') return this.#id
    // The first connection asks for it anyway.
    if (this.#base === undefined) await this.attempt(options).catch(() => undefined)
    else this.#id = await this.#info('ID', options)
    return this.#id
  }

  version(options?: Cancellable): Promise<string> {
    return this.#info('ServerVersion', options)
  }

  async list(options: Cancellable = {}): Promise<Container[]> {
    // Before the inspections, each of which would ask for it.
    const engine = await this.#ref(options)
    const filters = { status: ['running', 'paused'] }
    const listed = await this.client.getList(`${await this.#version(options)}/containers/json?${query({ filters })}`, options)
    const ids = listed.map((one) => {
      const id = isRecord(one) ? readId(one['Id']) : undefined
      if (id === undefined) throw undescribed(engine, 'id')
      return id
    })
    const containers = await mapBounded(ids, CONCURRENCY, async (id) => {
      try {
        return await this.inspect(id, options)
      } catch (error) {
        if (isGone(error)) return undefined
        throw error
      }
    })
    return containers.filter((one) => one !== undefined)
  }

  async inspect(nameOrId: string, options: Cancellable = {}): Promise<Container> {
    const document = await this.#get(`/containers/${encodeURIComponent(nameOrId)}/json`, options)
    return packedContainer(factsOf(document, await this.#ref(options)), document, this.#options)
  }

  async lifecycleEvents({ signal }: { signal: AbortSignal }): Promise<AsyncIterable<EngineEvent>> {
    return await this.#events.open(this.client, `${await this.#version({ signal })}/events`, this.#clock, signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client[Symbol.asyncDispose]()
  }

  async #version(options: Cancellable): Promise<string> {
    if (this.#base === undefined) await this.attempt(options)
    return this.#base ?? ''
  }

  async #get(target: string, options: Cancellable): Promise<unknown> {
    return await this.client.getDocument(`${await this.#version(options)}${target}`, options)
  }

  async #info(field: 'ID' | 'ServerVersion', options: Cancellable = {}): Promise<string> {
    try {
      const info = await this.#get('/info', options)
      return (isRecord(info) ? readName(info[field]) : undefined) ?? ''
    } catch {
      return ''
    }
  }

  async #ref(options: Cancellable): Promise<EngineRef> {
    return { type: this.type, id: await this.id(options), api: this.api, pid: this.pid }
  }
}
