/** containerd, over its gRPC API, in all of its namespaces. */

import type { Services } from '@teu/containerd'
import { isTeuError, TeuError } from '@teu/spec'
import { readName, readPid } from '../answers/values.ts'
import {
  type Cancellable,
  type EngineClient,
  type EngineEvent,
  type InspectOptions,
  type ListOptions,
  NotAliveError,
} from '../engine-client.ts'
import { type EngineOptions, packedContainer } from '../engine-options.ts'
import type { Container, EngineRef } from '../picture/container.ts'
import { mapBounded } from '../watcher/bounded.ts'
import { ContainerdApi } from './containerd-api.ts'
import { type ContainerdDetails, factsOf, livenessOf } from './container-facts.ts'
import { listNamespace } from './list-namespace.ts'
import { type ContainerKey, displayed, NERDCTL_NAME_LABEL, parseDisplayed } from './names.ts'
import { type NamespaceOptions, NamespaceRules } from './namespace-rules.ts'
import { engineEventOf, FILTERS } from './task-event.ts'

/** Type of containerd engines. */
export const CONTAINERD_TYPE = 'containerd.io'

/** Where containerd listens when nobody has told it otherwise. */
export const CONTAINERD_SOCKET = '/run/containerd/containerd.sock'

/** Options of a {@link ContainerdEngine}. */
export interface ContainerdEngineOptions extends EngineOptions, NamespaceOptions {
  /** Publish a message of our own after subscribing to events, until it comes back: containerd does not say when a subscription stands.
   *  With false nothing is ever written, and the watcher lists twice instead, one second apart. Default true. */
  readonly barrier?: boolean | undefined
}

/** Namespaces that are listed at the same time. */
const CONCURRENCY = 4

const SIGN_OF_LIFE_MS = 10_000

/** Without a barrier, a subscription stands after this time at the latest. */
const UNSURE_MS = 1_000

/** See the head of this file. The connection is made when it is needed, and that is when gRPC is loaded. Containers are called by
 *  `NAMESPACE/ID`, in the namespace `default` by their ids alone. */
export class ContainerdEngine implements EngineClient<ContainerdApi> {
  readonly type: string = CONTAINERD_TYPE
  readonly client: ContainerdApi
  readonly #options: ContainerdEngineOptions
  readonly #rules: NamespaceRules
  #id = ''
  #pid: number
  #isUnsure = false

  /** @param target  `unix:///path` or the path, default {@link CONTAINERD_SOCKET}; or a connection, which is disposed with this
   *  @throws {TeuError} ERR_TEU_UNSUPPORTED for other addresses
   *  @throws {TypeError} for namespaces that are no list of names */
  constructor(target: string | ContainerdApi = CONTAINERD_SOCKET, options: ContainerdEngineOptions = {}) {
    this.client = typeof target === 'string' ? new ContainerdApi(target) : target
    this.#options = options
    this.#rules = new NamespaceRules(options)
    this.#pid = options.pid ?? 0
  }

  get api(): string {
    return this.client.address
  }

  /** As given; otherwise containerd 1.7 and later tell, once they have been reached. */
  get pid(): number {
    return this.#pid
  }

  get unsureForMs(): number | undefined {
    return this.#isUnsure ? UNSURE_MS : undefined
  }

  /** Asks who is there, anew each time: another daemon may have taken the place.
   *  @throws {TeuError} ERR_TEU_UNAVAILABLE, ERR_TEU_UNSUPPORTED when it is no containerd that answers */
  async attempt(options: Cancellable = {}): Promise<void> {
    const services = await this.client.services()
    const call = { ...options, timeoutMs: SIGN_OF_LIFE_MS }
    try {
      // Every containerd has this, and nobody else.
      await services.version.version({}, call)
      await this.#identify(services, call)
    } catch (error) {
      if (isTeuError(error, 'ERR_TEU_UNAVAILABLE')) this.client.disconnect()
      throw error
    }
  }

  /** The daemon's UUID, which is kept with its data. */
  async id(options: Cancellable = {}): Promise<string> {
    if (this.#id === '')
      await this.client
        .services()
        .then((services) => this.#identify(services, options))
        .catch(() => undefined)
    return this.#id
  }

  /** Version and revision. */
  async version(options: Cancellable = {}): Promise<string> {
    try {
      const services = await this.client.services()
      const { version, revision } = await services.version.version({}, options)
      return readName(`${version} ${revision}`.trim()) ?? ''
    } catch {
      return ''
    }
  }

  async list({ signal, unknown }: ListOptions = {}): Promise<Container[]> {
    const [module, services, engine] = await Promise.all([this.client.load(), this.client.services(), this.#ref({ signal })])
    const namespaces = await this.#namespaces(services, signal)
    const found = await mapBounded(namespaces, CONCURRENCY, (namespace) => listNamespace(module, services, namespace, signal))
    return found.flat().flatMap(({ id, details }) => {
      const key = { namespace: details.namespace, id }
      if (details.record !== undefined && !this.#rules.takes(details.record)) return []
      if (livenessOf(details.task) === 'alive') return [packedContainer(factsOf(key, details, engine), details, this.#options)]
      unknown?.(displayed(key.namespace, id))
      return []
    })
  }

  async inspect(nameOrId: string, { signal, byId = false }: InspectOptions = {}): Promise<Container> {
    const key = parseDisplayed(nameOrId)
    if (key.id === '' || !this.#rules.includes(key.namespace)) throw notFound(nameOrId)
    try {
      return await this.#inspect(key, signal)
    } catch (error) {
      // A name need not be possible as an id.
      const mayBeName = !byId && (isTeuError(error, 'ERR_TEU_NOT_FOUND') || isTeuError(error, 'ERR_TEU_INVALID_ARGUMENT'))
      const id = mayBeName ? await this.#idOfName(key, signal) : undefined
      if (id === undefined) throw error
      return await this.#inspect({ ...key, id }, signal)
    }
  }

  async lifecycleEvents({ signal }: { signal: AbortSignal }): Promise<AsyncIterable<EngineEvent>> {
    const { subscribeEvents } = await this.client.load()
    const services = await this.client.services()
    const events = await subscribeEvents(services, { filters: FILTERS, barrier: this.#options.barrier ?? true, signal })
    this.#isUnsure = !events.isSure
    const rules = this.#rules
    return {
      async *[Symbol.asyncIterator]() {
        for await (const event of events) {
          const meaning = engineEventOf(event, rules)
          if (meaning !== undefined) yield meaning
        }
      },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client[Symbol.asyncDispose]()
  }

  async #inspect(key: ContainerKey, signal: AbortSignal | undefined): Promise<Container> {
    const { containerRecord, processInfo } = await this.client.load()
    const { containers, tasks } = await this.client.services(key.namespace)
    const [found, got, engine] = await Promise.all([
      containers.get({ id: key.id }, { signal }),
      tasks.get({ containerId: key.id }, { signal }).catch((error: unknown) => {
        if (isTeuError(error, 'ERR_TEU_NOT_FOUND')) return undefined
        throw error
      }),
      this.#ref({ signal }),
    ])
    const id = displayed(key.namespace, key.id)
    const record = found.container === undefined ? undefined : containerRecord(found.container)
    if (record === undefined || !this.#rules.takes(record)) throw notFound(id)
    if (got?.process === undefined) throw new NotAliveError(id)
    const details: ContainerdDetails = { namespace: key.namespace, record, task: processInfo(got.process) }
    return packedContainer(factsOf(key, details, engine), details, this.#options)
  }

  async #idOfName({ namespace, id: name }: ContainerKey, signal: AbortSignal | undefined): Promise<string | undefined> {
    const { containers } = await this.client.services(namespace)
    const filters = [`labels.${JSON.stringify(NERDCTL_NAME_LABEL)}==${JSON.stringify(name)}`]
    return (await containers.list({ filters }, { signal })).containers[0]?.id
  }

  async #namespaces(services: Services, signal: AbortSignal | undefined): Promise<readonly string[]> {
    if (this.#rules.wanted !== undefined) return this.#rules.wanted
    const { namespaces } = await services.namespaces.list({}, { signal })
    return namespaces.map(({ name }) => name).filter((name) => this.#rules.includes(name))
  }

  /** Daemons before 1.3 have no identifier. */
  async #identify(services: Services, options: Cancellable): Promise<void> {
    try {
      const { uuid, pid } = await services.introspection.server({}, options)
      this.#id = readName(uuid) ?? ''
      this.#pid = this.#options.pid || (readPid(Number(pid)) ?? 0)
    } catch (error) {
      if (!isTeuError(error, 'ERR_TEU_UNSUPPORTED')) throw error
    }
  }

  async #ref(options: Cancellable): Promise<EngineRef> {
    return { type: this.type, id: await this.id(options), api: this.api, pid: this.pid }
  }
}

function notFound(id: string): TeuError {
  return new TeuError('ERR_TEU_NOT_FOUND', `There is no container "${id}"`, { containerId: id })
}
