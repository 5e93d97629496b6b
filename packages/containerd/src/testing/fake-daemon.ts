/** A daemon in memory: containers, tasks, execs and an event bus, which tests can stop, lose and hold up at will. */

import { deferred, type Deferred } from '@teu/spec'
import type { DescMessage, MessageInitShape } from '@bufbuild/protobuf'
import { protobufAny } from '../any.ts'
import {
  TaskCreateSchema,
  TaskDeleteSchema,
  TaskExecAddedSchema,
  TaskExecStartedSchema,
  TaskExitSchema,
  TaskStartSchema,
} from '../gen/containerd/events/events.gen.ts'
import { Containers, type Container } from '../gen/containerd/services/containers/v1/containers.gen.ts'
import { Events } from '../gen/containerd/services/events/v1/events.gen.ts'
import { Tasks } from '../gen/containerd/services/tasks/v1/tasks.gen.ts'
import type { EnvelopeSchema } from '../gen/containerd/types/types.gen.ts'
import { Version } from '../gen/containerd/services/version/v1/version.gen.ts'
import { Status } from '../gen/containerd/v1/types/task.gen.ts'
import { Health, ServingStatus } from '../gen/grpc/health/v1/health.gen.ts'
import { RpcError, RpcStatus } from '../rpc/status.ts'
import { FakeTransport } from './fake-transport.ts'

type Envelope = MessageInitShape<typeof EnvelopeSchema>

/** A process of the fake. */
export interface FakeProcess {
  readonly containerId: string
  readonly execId: string
  pid: number
  status: number
  exitStatus: number
  readonly ended: Deferred<void>
}

const notFound = (what: string): RpcError => new RpcError(RpcStatus.NOT_FOUND, `${what}: not found`)
const unavailable = (): RpcError => new RpcError(RpcStatus.UNAVAILABLE, 'connection refused', { answered: false })

/** See the head of this file. */
export class FakeDaemon {
  readonly transport = new FakeTransport()
  readonly containers = new Map<string, Container>()
  readonly processes = new Map<string, FakeProcess>()
  version = '1.7.0'
  /** Subscriptions made so far. */
  subscriptions = 0
  /** How long a subscription is answered before it is registered; events of that time are lost. */
  registerMs = 0
  #isUp = true
  #nextPid = 100
  #stream: Stream | undefined

  constructor() {
    const { transport } = this
    transport.on(Health.method.check, () => {
      this.#checkUp()
      return { status: ServingStatus.SERVING }
    })
    transport.on(Version.method.version, () => {
      this.#checkUp()
      return { version: this.version, revision: 'fake' }
    })
    transport.on(Events.method.subscribe, () => this.#subscribe())
    transport.on(Events.method.publish, ({ topic, event }) => {
      this.#checkUp()
      this.push({ topic, ...(event === undefined ? {} : { event }) })
      return {}
    })
    this.#serveContainers()
    this.#serveTasks()
  }

  #serveContainers(): void {
    const { transport, containers } = this
    transport.on(Containers.method.get, ({ id }) => {
      this.#checkUp()
      const container = containers.get(id)
      if (container === undefined) throw notFound(`container "${id}"`)
      return { container }
    })
    transport.on(Containers.method.create, ({ container }) => {
      this.#checkUp()
      if (container === undefined) throw new RpcError(RpcStatus.INVALID_ARGUMENT, 'no container')
      if (containers.has(container.id)) throw new RpcError(RpcStatus.ALREADY_EXISTS, `container "${container.id}": already exists`)
      containers.set(container.id, container)
      return { container }
    })
    transport.on(Containers.method.delete, ({ id }) => {
      if (!containers.delete(id)) throw notFound(`container "${id}"`)
      return {}
    })
  }

  #serveTasks(): void {
    const { transport } = this
    transport.on(Tasks.method.create, ({ containerId }) => {
      this.#checkUp()
      const { pid } = this.add(containerId, '', Status.CREATED)
      this.tell('/tasks/create', TaskCreateSchema, { containerId, pid })
      return { containerId, pid }
    })
    transport.on(Tasks.method.start, ({ containerId, execId }) => {
      this.#checkUp()
      const process = this.process(containerId, execId)
      process.status = Status.RUNNING
      if (execId === '') this.tell('/tasks/start', TaskStartSchema, { containerId, pid: process.pid })
      else this.tell('/tasks/exec-started', TaskExecStartedSchema, { containerId, execId, pid: process.pid })
      return { pid: process.pid }
    })
    transport.on(Tasks.method.exec, ({ containerId, execId }) => {
      this.#checkUp()
      this.add(containerId, execId, Status.CREATED)
      this.tell('/tasks/exec-added', TaskExecAddedSchema, { containerId, execId })
      return {}
    })
    transport.on(Tasks.method.get, ({ containerId, execId }) => {
      this.#checkUp()
      const { pid, status, exitStatus } = this.process(containerId, execId)
      return { process: { id: execId === '' ? containerId : execId, pid, status: status as 0, exitStatus } }
    })
    transport.on(Tasks.method.listPids, ({ containerId }) => ({ processes: [{ pid: this.process(containerId).pid }] }))
    transport.on(Tasks.method.kill, ({ containerId, execId, signal }) => {
      this.#checkUp()
      this.exit(containerId, 128 + signal, { execId })
      return {}
    })
    transport.on(Tasks.method.wait, async ({ containerId, execId }) => {
      this.#checkUp()
      const process = this.process(containerId, execId)
      await process.ended.promise
      return { exitStatus: process.exitStatus }
    })
    transport.on(Tasks.method.delete, ({ containerId }) => {
      this.#checkUp()
      const { pid, exitStatus } = this.process(containerId)
      for (const key of this.processes.keys()) if (key.startsWith(`${containerId}/`)) this.processes.delete(key)
      this.tell('/tasks/delete', TaskDeleteSchema, { containerId, pid, exitStatus })
      return { pid, exitStatus }
    })
    transport.on(Tasks.method.deleteProcess, ({ containerId, execId }) => {
      this.#checkUp()
      const { pid, exitStatus } = this.process(containerId, execId)
      this.processes.delete(`${containerId}/${execId}`)
      return { id: execId, pid, exitStatus }
    })
  }

  /** A process that is there; the answer NOT_FOUND otherwise. */
  process(containerId: string, execId = ''): FakeProcess {
    const process = this.processes.get(`${containerId}/${execId}`)
    if (process === undefined) throw notFound(`process "${execId}" of container "${containerId}"`)
    return process
  }

  /** Puts a process there, without an event. */
  add(containerId: string, execId: string, status: number): FakeProcess {
    const key = `${containerId}/${execId}`
    if (this.processes.has(key)) throw new RpcError(RpcStatus.ALREADY_EXISTS, `process "${key}": already exists`)
    const process = { containerId, execId, pid: (this.#nextPid += 1), status, exitStatus: 0, ended: deferred() }
    this.processes.set(key, process)
    return process
  }

  /** Ends a process; `silently` without an event, and without an answer to `Wait`. */
  exit(containerId: string, exitStatus: number, options: { execId?: string; silently?: boolean } = {}): void {
    const { execId = '', silently = false } = options
    const process = this.process(containerId, execId)
    if (process.status === Status.STOPPED) throw notFound('process already finished')
    process.status = Status.STOPPED
    process.exitStatus = exitStatus
    if (silently) return
    this.tellExit(containerId, process.pid, exitStatus, execId)
    process.ended.resolve()
  }

  /** Sends an exit event, whatever is true. */
  tellExit(containerId: string, pid: number, exitStatus: number, execId = ''): void {
    this.tell('/tasks/exit', TaskExitSchema, { containerId, id: execId === '' ? containerId : execId, pid, exitStatus })
  }

  /** Sends an event. */
  tell<S extends DescMessage>(topic: string, schema: S, fields: MessageInitShape<S>): void {
    this.push({ topic, namespace: 'ns', event: protobufAny(schema, fields) })
  }

  push(envelope: Envelope): void {
    this.#stream?.push(envelope)
  }

  /** The connection is lost, and calls fail until {@link back}. Shims and processes live on. */
  lose(): void {
    this.#isUp = false
    this.#stream?.end(new RpcError(RpcStatus.CANCELLED, 'stream closed', { answered: false }))
    this.#stream = undefined
    for (const process of this.processes.values()) process.ended.reject(unavailable())
  }

  back(): void {
    for (const process of this.processes.values()) {
      const ended = deferred()
      if (process.status === Status.STOPPED) ended.resolve()
      Object.assign(process, { ended })
    }
    this.#isUp = true
  }

  async *#subscribe(): AsyncGenerator<Envelope> {
    this.#checkUp()
    this.subscriptions += 1
    const stream = new Stream()
    if (this.registerMs === 0) this.#stream = stream
    else setTimeout(() => (this.#stream = stream), this.registerMs)
    yield* stream
  }

  #checkUp(): void {
    if (!this.#isUp) throw unavailable()
  }
}

class Stream {
  readonly #envelopes: Envelope[] = []
  #wake: Deferred<void> = deferred()
  #failure: Error | undefined

  push(envelope: Envelope): void {
    this.#envelopes.push(envelope)
    this.#wake.resolve()
  }

  end(failure: Error): void {
    this.#failure = failure
    this.#wake.resolve()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Envelope> {
    for (;;) {
      for (let next = this.#envelopes.shift(); next !== undefined; next = this.#envelopes.shift()) yield next
      if (this.#failure !== undefined) throw this.#failure
      await this.#wake.promise
      this.#wake = deferred()
    }
  }
}
