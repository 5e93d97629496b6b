/** Any engine with a socket of Kubernetes' Container Runtime Interface: containerd, CRI-O, cri-dockerd. */

import { TeuError } from '@teu/spec'
import { readExitCode, readName } from '../answers/values.ts'
import { type Cancellable, type EngineClient, type EngineEvent, NotAliveError } from '../engine-client.ts'
import { type EngineOptions, packedContainer } from '../engine-options.ts'
import type { Container as CriContainer, PodSandbox } from '../gen/runtime/v1/runtime.gen.ts'
import { silent } from '../logger.ts'
import type { Container, EngineRef } from '../picture/container.ts'
import { mapBounded } from '../watcher/bounded.ts'
import { isGone } from '../watcher/inspections.ts'
import { containerFacts, EXITED, pidOf, READY, RUNNING, sandboxFacts, statusOf, UNKNOWN } from './container-facts.ts'
import { CriApi } from './cri-api.ts'
import { hostNameOf } from './host-name.ts'

/** Type of engines that are watched over CRI. */
export const CRI_TYPE = 'k8s.io/cri-api'

/** Options of a {@link CriEngine}. */
export interface CriOptions extends EngineOptions {
  /** How often an engine that tells of no events is asked who is alive, in milliseconds. Default 2 000. */
  readonly pollIntervalMs?: number | undefined
}

const CONNECT_TIMEOUT_MS = 10_000
const POLL_INTERVAL_MS = 2_000
const RESYNC_INTERVAL_MS = 60_000
/** Statuses asked for at the same time, for a list. */
const CONCURRENCY = 8
/** What kubelet sends as the version that it speaks; nobody looks at it. */
const KUBELET_VERSION = '0.1.0'

/** See the head of this file. Pod sandboxes are containers too. Nothing is ever paused: CRI does not know that. */
export class CriEngine implements EngineClient<CriApi> {
  readonly type: string = CRI_TYPE
  readonly pid: number
  readonly client: CriApi
  readonly idOfHost = true
  /** CRI's events may be dropped by the engine, or go to another subscriber. */
  readonly resyncIntervalMs: number = RESYNC_INTERVAL_MS
  readonly #options: CriOptions
  #id = ''
  #polling = false
  /** What was listed or inspected last, for containers that their engine has lost touch with, or that nobody else has seen. */
  #known = new Map<string, Container>()
  readonly #warned = new Set<string>()

  /** @param address  `unix:///path` or the path; there is no usual one
   *  @throws {TeuError} ERR_TEU_UNSUPPORTED for other addresses */
  constructor(address: string, options: CriOptions = {}) {
    const { pollIntervalMs = POLL_INTERVAL_MS } = options
    if (!(pollIntervalMs > 0 && pollIntervalMs < Infinity)) {
      throw new RangeError(`CriEngine: pollIntervalMs must be > 0 and finite, got ${pollIntervalMs}`)
    }
    this.client = new CriApi(address)
    this.pid = options.pid ?? 0
    this.#options = { ...options, pollIntervalMs }
  }

  get api(): string {
    return this.client.address
  }

  get polling(): boolean {
    return this.#polling
  }

  /** Looks who answers.
   *  @throws {TeuError} ERR_TEU_UNAVAILABLE when nobody does, ERR_TEU_UNSUPPORTED when it has no `runtime.v1` */
  async attempt({ signal }: Cancellable = {}): Promise<void> {
    const runtime = await this.client.runtime()
    await runtime.version({ version: KUBELET_VERSION }, { signal, timeoutMs: CONNECT_TIMEOUT_MS })
  }

  /** The name of the machine, because CRI has none; with the engine's `pid` as that process sees it. */
  async id(): Promise<string> {
    if (this.#id === '') this.#id = await hostNameOf(this.pid)
    return this.#id
  }

  /** `containerd 1.6.20 [API v1]` */
  async version({ signal }: Cancellable = {}): Promise<string> {
    try {
      const runtime = await this.client.runtime()
      const answer = await runtime.version({ version: KUBELET_VERSION }, { signal, timeoutMs: CONNECT_TIMEOUT_MS })
      return readName(`${answer.runtimeName} ${answer.runtimeVersion} [API ${answer.runtimeApiVersion}]`) ?? ''
    } catch {
      return ''
    }
  }

  async list({ signal }: Cancellable = {}): Promise<Container[]> {
    const runtime = await this.client.runtime()
    const { containers } = await runtime.listContainers({}, { signal })
    const { items } = await runtime.listPodSandbox({}, { signal })
    const pods = new Map(items.map((one) => [one.id, one]))
    const tasks = [
      ...containers.filter(({ state }) => state === RUNNING || state === UNKNOWN).map((one) => this.#ofList(one, pods, signal)),
      ...items.filter(({ state }) => state === READY).map((one) => () => this.#ofSandbox(one.id, signal)),
    ]
    const listed = await mapBounded(tasks, CONCURRENCY, unlessGone)
    // An id comes once, whatever the engine says.
    this.#known = new Map(listed.flatMap((one) => (one === undefined ? [] : [[one.id, one]])))
    return [...this.#known.values()]
  }

  /** By id, or by the name of a container, if only one that is alive has it.
   *  @throws {TeuError} ERR_TEU_USAGE when several have */
  async inspect(nameOrId: string, { signal }: Cancellable = {}): Promise<Container> {
    const runtime = await this.client.runtime()
    // Both filters also let through what only begins like the id.
    const { containers } = await runtime.listContainers({ filter: { id: nameOrId } }, { signal })
    const container = containers.find(({ id }) => id === nameOrId)
    if (container !== undefined) return await this.#inspected(container, signal)
    const { items } = await runtime.listPodSandbox({ filter: { id: nameOrId } }, { signal })
    if (items.some(({ id }) => id === nameOrId)) return await this.#ofSandbox(nameOrId, signal)
    const { containers: running } = await runtime.listContainers({ filter: { state: { state: RUNNING } } }, { signal })
    const [named, ...others] = running.filter(({ metadata }) => metadata?.name === nameOrId)
    if (named === undefined) {
      throw new TeuError('ERR_TEU_NOT_FOUND', `${this.api} has no container "${nameOrId}"`, { containerId: nameOrId })
    }
    if (others.length === 0) return await this.#inspected(named, signal)
    throw new TeuError('ERR_TEU_USAGE', `${others.length + 1} containers are named "${nameOrId}"`, { remedy: 'use an id' })
  }

  async lifecycleEvents({ signal }: { signal: AbortSignal }): Promise<AsyncIterable<EngineEvent>> {
    const [runtime, { followEvents }] = await Promise.all([this.client.runtime(), import('./container-events.ts')])
    this.#polling = false
    return await followEvents({
      runtime,
      address: this.api,
      listed: () => this.#known,
      signal,
      pollIntervalMs: this.#options.pollIntervalMs ?? POLL_INTERVAL_MS,
      polling: (reason) => {
        this.#polling = true
        this.#warnOnce('the engine tells of no events, so it is asked again and again', { err: reason, api: this.api })
      },
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client[Symbol.asyncDispose]()
  }

  #ofList(container: CriContainer, pods: ReadonlyMap<string, PodSandbox>, signal: AbortSignal | undefined) {
    return async (): Promise<Container | undefined> => {
      // It has not been heard that it has ended.
      if (container.state === UNKNOWN) return this.#known.get(container.id)
      return await this.#ofContainer(container.id, pods.get(container.podSandboxId), signal)
    }
  }

  async #inspected({ id, podSandboxId }: CriContainer, signal: AbortSignal | undefined): Promise<Container> {
    const runtime = await this.client.runtime()
    const { items } = await runtime.listPodSandbox({ filter: { id: podSandboxId } }, { signal })
    const pod = items.find((one) => one.id === podSandboxId)
    return this.#noted(await this.#ofContainer(id, pod, signal))
  }

  async #ofContainer(id: string, pod: PodSandbox | undefined, signal: AbortSignal | undefined): Promise<Container> {
    const runtime = await this.client.runtime()
    const answer = await runtime.containerStatus({ containerId: id, verbose: true }, { signal })
    const status = statusOf(answer, id, this.api)
    if (status.state === UNKNOWN) {
      throw new TeuError('ERR_TEU_SYSTEM', `${this.api} does not know the state of container "${id}"`, { containerId: id })
    }
    if (status.state !== RUNNING) throw new NotAliveError(id, status.state === EXITED ? readExitCode(status.exitCode) : undefined)
    const facts = containerFacts(status, pod, this.#pid(id, answer.info), await this.#ref())
    return packedContainer(facts, { status: answer, pod }, this.#options)
  }

  async #ofSandbox(id: string, signal: AbortSignal | undefined): Promise<Container> {
    const runtime = await this.client.runtime()
    const answer = await runtime.podSandboxStatus({ podSandboxId: id, verbose: true }, { signal })
    const status = statusOf(answer, id, this.api)
    if (status.state !== READY) throw new NotAliveError(id)
    return this.#noted(packedContainer(sandboxFacts(status, this.#pid(id, answer.info), await this.#ref()), answer, this.#options))
  }

  /** @throws {NotAliveError} also when the engine does not say: there is nothing to report then */
  #pid(id: string, info: Readonly<Record<string, string>>): number {
    const pid = pidOf(info)
    if (pid === undefined) {
      this.#warnOnce('the engine does not say which process a container has, so it is left out', { containerId: id, api: this.api })
    }
    if (pid === undefined || pid === 0) throw new NotAliveError(id)
    return pid
  }

  #noted(container: Container): Container {
    this.#known.set(container.id, container)
    return container
  }

  #warnOnce(message: string, fields: Readonly<Record<string, unknown>>): void {
    if (this.#warned.has(message)) return
    this.#warned.add(message)
    const { logger = silent } = this.#options
    logger.warn(fields, message)
  }

  async #ref(): Promise<EngineRef> {
    return { type: this.type, id: await this.id(), api: this.api, pid: this.pid }
  }
}

async function unlessGone(ask: () => Promise<Container | undefined>): Promise<Container | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
}
