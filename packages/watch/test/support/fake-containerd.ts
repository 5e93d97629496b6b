/** A containerd in memory, seen through a gRPC transport: namespaces with records and tasks, and the event bus. */

import { type Deferred, deferred } from '@teu/spec'
import { create, type DescMessage, type MessageInitShape } from '@bufbuild/protobuf'
import { protobufAny, RpcError, RpcStatus } from '@teu/containerd'
import {
  ContainerUpdateSchema,
  TaskDeleteSchema,
  TaskExitSchema,
  TaskPausedSchema,
  TaskResumedSchema,
  TaskStartSchema,
} from '../../../containerd/src/gen/containerd/events/events.gen.ts'
import {
  type Container,
  Containers,
  ContainerSchema,
} from '../../../containerd/src/gen/containerd/services/containers/v1/containers.gen.ts'
import { Events } from '../../../containerd/src/gen/containerd/services/events/v1/events.gen.ts'
import { Introspection } from '../../../containerd/src/gen/containerd/services/introspection/v1/introspection.gen.ts'
import { Namespaces } from '../../../containerd/src/gen/containerd/services/namespaces/v1/namespaces.gen.ts'
import { Tasks } from '../../../containerd/src/gen/containerd/services/tasks/v1/tasks.gen.ts'
import { Version } from '../../../containerd/src/gen/containerd/services/version/v1/version.gen.ts'
import type { Envelope as EnvelopeMessage, EnvelopeSchema } from '../../../containerd/src/gen/containerd/types/types.gen.ts'
import { Status } from '../../../containerd/src/gen/containerd/v1/types/task.gen.ts'
import { Health, ServingStatus } from '../../../containerd/src/gen/grpc/health/v1/health.gen.ts'
import type { CallOptions } from '../../../containerd/src/rpc/transport.ts'
import { FakeTransport } from '../../../containerd/src/testing/fake-transport.ts'
import { ContainerdApi } from '../../src/index.ts'

export { Status }

type Envelope = Pick<Exclude<MessageInitShape<typeof EnvelopeSchema>, EnvelopeMessage>, 'topic' | 'namespace' | 'event' | 'timestamp'>

/** The initial process of a container of the fake. */
export interface FakeTask {
  pid: number
  status: Status
  exitStatus: number
}

class Subscription {
  readonly #waiting: Envelope[] = []
  #wake: Deferred<void> = deferred()
  #failure: Error | undefined

  push(envelope: Envelope): void {
    this.#waiting.push(envelope)
    this.#wake.resolve()
  }

  fail(error: Error): void {
    this.#failure = error
    this.#wake.resolve()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Envelope> {
    for (;;) {
      yield* this.#waiting.splice(0)
      if (this.#failure !== undefined) throw this.#failure
      await this.#wake.promise
      this.#wake = deferred()
    }
  }
}

/** See the head of this file. Containers are called `NAMESPACE/ID`. */
export class FakeContainerd {
  readonly transport: FakeTransport = new FakeTransport()
  readonly records = new Map<string, Container>()
  readonly tasks = new Map<string, FakeTask>()
  uuid = 'uuid-1'
  version = '1.6.20'
  /** Whether anybody may publish. */
  mayPublish = true
  /** Connections made. */
  connections = 0
  #nextPid = 100
  #isUp = true
  readonly #subscriptions = new Set<Subscription>()

  constructor() {
    this.#serveDaemon()
    this.#serveContainers()
    this.#serveTasks()
  }

  /** A connection for an engine. */
  api(): ContainerdApi {
    return new ContainerdApi('unix:///fake/containerd.sock', () => {
      this.connections++
      return this.transport
    })
  }

  /** Puts a container with a live task there, without an event. */
  add(key: string, labels: Record<string, string> = {}, status: Status = Status.RUNNING): FakeTask {
    this.records.set(key, create(ContainerSchema, { id: idOf(key), labels }))
    const task = { pid: this.#nextPid++, status, exitStatus: 0 }
    this.tasks.set(key, task)
    return task
  }

  start(key: string, labels?: Record<string, string>): FakeTask {
    const task = this.add(key, labels)
    this.tell(key, '/tasks/start', TaskStartSchema, { containerId: idOf(key), pid: task.pid })
    return task
  }

  exit(key: string, exitStatus: number): void {
    const task = this.tasks.get(key)
    if (task === undefined) throw new Error(`no task ${key}`)
    Object.assign(task, { status: Status.STOPPED, exitStatus })
    this.tellExit(key, task.pid, exitStatus)
  }

  delete(key: string): void {
    const { pid = 0, exitStatus = 0 } = this.tasks.get(key) ?? {}
    this.tasks.delete(key)
    this.tellDelete(key, pid, exitStatus)
  }

  setPaused(key: string, paused: boolean): void {
    const task = this.tasks.get(key)
    if (task !== undefined) task.status = paused ? Status.PAUSED : Status.RUNNING
    if (paused) this.tell(key, '/tasks/paused', TaskPausedSchema, { containerId: idOf(key) })
    else this.tell(key, '/tasks/resumed', TaskResumedSchema, { containerId: idOf(key) })
  }

  relabel(key: string, labels: Record<string, string>): void {
    this.records.set(key, create(ContainerSchema, { id: idOf(key), labels }))
    this.tell(key, '/containers/update', ContainerUpdateSchema, { id: idOf(key), labels })
  }

  /** An exit, true or not. */
  tellExit(key: string, pid: number, exitStatus: number, id: string = idOf(key)): void {
    this.tell(key, '/tasks/exit', TaskExitSchema, { containerId: idOf(key), id, pid, exitStatus })
  }

  tellDelete(key: string, pid: number, exitStatus: number): void {
    this.tell(key, '/tasks/delete', TaskDeleteSchema, { containerId: idOf(key), pid, exitStatus })
  }

  tell<S extends DescMessage>(key: string, topic: string, schema: S, fields: MessageInitShape<S>): void {
    this.#push({ topic, namespace: namespaceOf(key), event: protobufAny(schema, fields) })
  }

  /** The daemon goes down, as it does: it cancels subscriptions. */
  goDown(): void {
    this.#isUp = false
    for (const one of this.#subscriptions) one.fail(new RpcError(RpcStatus.CANCELLED, 'context canceled'))
    this.#subscriptions.clear()
  }

  comeBack(): void {
    this.#isUp = true
  }

  #push(envelope: Envelope): void {
    for (const one of this.#subscriptions) one.push({ timestamp: { seconds: 1_000n, nanos: 0 }, ...envelope })
  }

  #serveDaemon(): void {
    const { transport } = this
    transport.on(Health.method.check, () => this.#up({ status: ServingStatus.SERVING }))
    transport.on(Version.method.version, () => this.#up({ version: this.version, revision: 'abc' }))
    transport.on(Introspection.method.server, () => this.#up({ uuid: this.uuid, pid: 4711n }))
    transport.on(Namespaces.method.list, () => {
      const names = new Set([...this.records.keys(), ...this.tasks.keys()].map(namespaceOf))
      return this.#up({ namespaces: [...names].map((name) => ({ name })) })
    })
    transport.on(Events.method.subscribe, () => this.#subscribe())
    transport.on(Events.method.publish, ({ topic, event }) => {
      this.#up({})
      if (!this.mayPublish) throw new RpcError(RpcStatus.PERMISSION_DENIED, 'read only')
      this.#push({ topic, ...(event === undefined ? {} : { event }) })
      return {}
    })
  }

  #serveContainers(): void {
    const { transport } = this
    transport.on(Containers.method.get, ({ id }, options) => {
      const container = this.records.get(keyOf(id, options))
      if (container === undefined) throw new RpcError(RpcStatus.NOT_FOUND, `container "${id}": not found`)
      return this.#up({ container })
    })
    transport.on(Containers.method.list, ({ filters }, options) => this.#up({ containers: this.#filtered(filters, options) }))
    transport.on(Containers.method.listStream, ({ filters }, options) => this.#recordStream(filters, options))
  }

  async *#recordStream(filters: readonly string[], options: CallOptions): AsyncGenerator<{ container: Container }> {
    await Promise.resolve()
    for (const container of this.#up(this.#filtered(filters, options))) yield { container }
  }

  #serveTasks(): void {
    const { transport } = this
    transport.on(Tasks.method.get, ({ containerId }, options) => {
      const task = this.tasks.get(keyOf(containerId, options))
      if (task === undefined) throw new RpcError(RpcStatus.NOT_FOUND, `task ${containerId} not found`)
      return this.#up({ process: { id: containerId, ...task } })
    })
    transport.on(Tasks.method.list, (_, options) => {
      const mine = [...this.tasks].filter(([key]) => namespaceOf(key) === namespaceIn(options))
      return this.#up({ tasks: mine.map(([key, task]) => ({ id: idOf(key), ...task })) })
    })
  }

  /** The two kinds of filters that are used. */
  #filtered(filters: readonly string[], options: CallOptions): Container[] {
    const mine = [...this.records].filter(([key]) => namespaceOf(key) === namespaceIn(options)).map(([, record]) => record)
    return mine.filter(({ id, labels }) => {
      const match = (filter: string): boolean =>
        filter === `id=="${id}"` || filter === `labels."nerdctl/name"=="${labels['nerdctl/name'] ?? ''}"`
      return filters.length === 0 || filters.some(match)
    })
  }

  async *#subscribe(): AsyncGenerator<Envelope> {
    this.#up({})
    const subscription = new Subscription()
    this.#subscriptions.add(subscription)
    try {
      yield* subscription
    } finally {
      this.#subscriptions.delete(subscription)
    }
  }

  #up<T>(answer: T): T {
    if (!this.#isUp) throw new RpcError(RpcStatus.UNAVAILABLE, 'connect ECONNREFUSED', { answered: false, errno: 'ECONNREFUSED' })
    return answer
  }
}

const namespaceOf = (key: string): string => key.split('/')[0] ?? ''
const idOf = (key: string): string => key.split('/')[1] ?? ''
const namespaceIn = ({ metadata }: CallOptions): string => metadata?.['containerd-namespace'] ?? ''
const keyOf = (id: string, options: CallOptions): string => `${namespaceIn(options)}/${id}`
