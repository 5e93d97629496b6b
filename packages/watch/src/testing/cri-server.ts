/** A CRI engine on a Unix socket that plays a script: real gRPC, made-up pods. For what no packaged engine does, above all events. */

import { create, type DescMessage, fromBinary, type MessageInitShape, type MessageShape, toBinary } from '@bufbuild/protobuf'
import { type sendUnaryData, Server, ServerCredentials, type ServerUnaryCall, type ServerWritableStream, status } from '@grpc/grpc-js'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  ContainerEventResponseSchema,
  ContainerEventType,
  ContainerState,
  PodSandboxState,
  RuntimeService,
} from '../gen/runtime/v1/runtime.gen.ts'

type Unary = Exclude<keyof typeof RuntimeService.method, 'getContainerEvents'>
type Output<M extends Unary> = MessageInitShape<(typeof RuntimeService.method)[M]['output']>
type EventStream = ServerWritableStream<unknown, unknown>
export type CriEvent = MessageInitShape<typeof ContainerEventResponseSchema>

/** Answers instead of the made-up engine. */
export type CriHook = (request: object) => unknown

/** What can go wrong with a call: one of gRPC's statuses. */
export class CriFailure extends Error {
  readonly code: status

  constructor(code: status, details: string) {
    super(details)
    this.code = code
  }
}

/** One made-up container. */
export interface MadeUpContainer {
  readonly id: string
  readonly podSandboxId: string
  name: string
  state: ContainerState
  exitCode: number
  labels: Record<string, string>
  annotations: Record<string, string>
  /** The verbose part of its status. */
  info: Record<string, string>
}

/** One made-up pod. */
export interface MadeUpPod {
  readonly id: string
  state: PodSandboxState
  labels: Record<string, string>
  annotations: Record<string, string>
  info: Record<string, string>
}

const FIRST_PID = 1_000
const STARTED_NS = 1_795_848_782_500_000_000n
const ENDED_NS = STARTED_NS + 1_000_000_000n

/** See the head of this file. */
export class CriServer implements AsyncDisposable {
  readonly dir: string = mkdtempSync(join(tmpdir(), 'teu-watch-'))
  readonly path: string
  readonly pods = new Map<string, MadeUpPod>()
  readonly containers = new Map<string, MadeUpContainer>()
  readonly calls: string[] = []
  readonly headers: Readonly<Record<string, unknown>>[] = []
  /** Instead of the answer of a call. */
  readonly hooks = new Map<Unary, CriHook>()
  /** What to do with those who want events: note them, or end the stream, with a failure or without. */
  events: 'stream' | 'end' | CriFailure = 'stream'
  readonly streams = new Set<EventStream>()
  #server: Server | undefined
  #pid = FIRST_PID

  constructor(name = 'crio.sock') {
    this.path = join(this.dir, name)
  }

  static async start(name?: string): Promise<CriServer> {
    const server = new CriServer(name)
    await server.start()
    return server
  }

  async start(): Promise<void> {
    const server = new Server()
    const answers = new Map<string, (...args: never[]) => void>()
    for (const name of Object.keys(RuntimeService.method) as (keyof typeof RuntimeService.method)[]) {
      answers.set(name, name === 'getContainerEvents' ? this.#subscribe : this.#unary(name))
    }
    server.addService(definition(), Object.fromEntries(answers) as never)
    await new Promise<void>((resolve, reject) =>
      server.bindAsync(`unix:${this.path}`, ServerCredentials.createInsecure(), (error) => (error === null ? resolve() : reject(error))),
    )
    this.#server = server
  }

  /** As if it had been killed. */
  stop(): void {
    this.#server?.forceShutdown()
    this.#server = undefined
    this.streams.clear()
    rmSync(this.path, { force: true })
  }

  addPod(id: string, more: Partial<MadeUpPod> = {}): MadeUpPod {
    const pod: MadeUpPod = { id, state: PodSandboxState.SANDBOX_READY, labels: {}, annotations: {}, info: this.#info(), ...more }
    this.pods.set(id, pod)
    return pod
  }

  addContainer(id: string, podSandboxId: string, more: Partial<MadeUpContainer> = {}): MadeUpContainer {
    const fresh = { id, podSandboxId, name: id, state: ContainerState.CONTAINER_RUNNING, exitCode: 0, labels: {}, annotations: {} }
    const container: MadeUpContainer = { ...fresh, info: this.#info(), ...more }
    this.containers.set(id, container)
    return container
  }

  endContainer(id: string, exitCode = 0): void {
    const container = this.containers.get(id)
    if (container !== undefined) Object.assign(container, { state: ContainerState.CONTAINER_EXITED, exitCode, info: {} })
  }

  /** Tells all that follow. */
  tell(type: 'CREATED' | 'STARTED' | 'STOPPED' | 'DELETED', containerId: string, more: CriEvent = {}): void {
    const containersStatuses = [this.#containerStatus(containerId)].flatMap((one) => (one === undefined ? [] : [one]))
    const containerEventType = ContainerEventType[`CONTAINER_${type}_EVENT`]
    const event = create(ContainerEventResponseSchema, {
      containerId,
      containerEventType,
      createdAt: ENDED_NS,
      containersStatuses,
      ...more,
    })
    for (const stream of this.streams) stream.write(event)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop()
    rmSync(this.dir, { recursive: true })
    await Promise.resolve()
  }

  #info(): Record<string, string> {
    return { info: JSON.stringify({ pid: this.#pid++ }) }
  }

  #unary(name: Unary) {
    return (call: ServerUnaryCall<object, unknown>, done: sendUnaryData<unknown>): void => {
      this.calls.push(name)
      this.headers.push(call.metadata.getMap())
      const answer = async (): Promise<unknown> => await (this.hooks.get(name) ?? ((request) => this.#answer(name, request)))(call.request)
      answer().then(
        (value) => done(null, create(RuntimeService.method[name].output as DescMessage, value as Record<string, unknown>)),
        (error: unknown) => done(error instanceof CriFailure ? error : new CriFailure(status.INTERNAL, String(error))),
      )
    }
  }

  readonly #subscribe = (stream: EventStream): void => {
    this.calls.push('getContainerEvents')
    if (this.events === 'end') stream.end()
    else if (this.events === 'stream') {
      this.streams.add(stream)
      stream.on('cancelled', () => this.streams.delete(stream))
    } else stream.emit('error', { code: this.events.code, details: this.events.message })
  }

  #answer(name: Unary, request: object): Output<Unary> {
    const {
      filter,
      containerId,
      podSandboxId,
      verbose = false,
    } = request as {
      filter?: { id: string; state?: { state: number } }
      containerId?: string
      podSandboxId?: string
      verbose?: boolean
    }
    const passes = ({ id, state }: { id: string; state: number }): boolean =>
      // As in containerd and CRI-O, the beginning of an id will do.
      id.startsWith(filter?.id ?? '') && (filter?.state === undefined || filter.state.state === state)
    if (name === 'version') return { version: '0.1.0', runtimeName: 'scripted', runtimeVersion: '1.2.3', runtimeApiVersion: 'v1' }
    if (name === 'listContainers')
      return { containers: [...this.containers.values()].filter(passes).map(({ name, ...one }) => ({ ...one, metadata: { name } })) }
    if (name === 'listPodSandbox')
      return { items: [...this.pods.values()].filter(passes).map((one) => ({ ...one, metadata: metadataOf(one.id) })) }
    if (name === 'containerStatus') {
      const statusOfOne = this.#containerStatus(containerId ?? '')
      if (statusOfOne === undefined) throw new CriFailure(status.NOT_FOUND, 'no such container')
      return { status: statusOfOne, info: verbose ? (this.containers.get(containerId ?? '')?.info ?? {}) : {} }
    }
    const pod = this.pods.get(podSandboxId ?? '')
    if (pod === undefined) throw new CriFailure(status.NOT_FOUND, 'no such sandbox')
    const { info, ...rest } = pod
    return { status: { ...rest, metadata: metadataOf(pod.id), createdAt: STARTED_NS }, info }
  }

  #containerStatus(id: string) {
    const container = this.containers.get(id)
    if (container === undefined) return undefined
    const { name, state, exitCode, labels, annotations } = container
    const finishedAt = state === ContainerState.CONTAINER_EXITED ? ENDED_NS : 0n
    const times = { createdAt: STARTED_NS, startedAt: STARTED_NS, finishedAt }
    return { id, metadata: { name }, state, exitCode, labels, annotations, ...times }
  }
}

const metadataOf = (id: string): { name: string; namespace: string; uid: string } => ({
  name: `pod-${id}`,
  namespace: 'shop',
  uid: `uid-${id}`,
})

/** The service as the library wants it. */
function definition() {
  return Object.fromEntries(
    Object.entries(RuntimeService.method).map(([key, { name, input, output, methodKind }]) => {
      const serialize = (desc: DescMessage) => (value: MessageShape<DescMessage>) => Buffer.from(toBinary(desc, value))
      const deserialize = (desc: DescMessage) => (bytes: Buffer) => fromBinary(desc, bytes)
      return [
        key,
        {
          path: `/${RuntimeService.typeName}/${name}`,
          requestStream: false,
          responseStream: methodKind === 'server_streaming',
          requestSerialize: serialize(input),
          requestDeserialize: deserialize(input),
          responseSerialize: serialize(output),
          responseDeserialize: deserialize(output),
        },
      ]
    }),
  )
}
