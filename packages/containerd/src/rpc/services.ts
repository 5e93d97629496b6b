/** Typed clients of containerd's services. Namespace, lease and deadline are set; failures are errors of teu. */

import {
  create,
  type DescMessage,
  type DescMethod,
  type DescMethodBiDiStreaming,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  type DescService,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf'
import { fromRpc } from '../error/from-rpc.ts'
import { Containers } from '../gen/containerd/services/containers/v1/containers.gen.ts'
import { Content } from '../gen/containerd/services/content/v1/content.gen.ts'
import { Diff } from '../gen/containerd/services/diff/v1/diff.gen.ts'
import { Events } from '../gen/containerd/services/events/v1/events.gen.ts'
import { Images } from '../gen/containerd/services/images/v1/images.gen.ts'
import { Introspection } from '../gen/containerd/services/introspection/v1/introspection.gen.ts'
import { Leases } from '../gen/containerd/services/leases/v1/leases.gen.ts'
import { Namespaces } from '../gen/containerd/services/namespaces/v1/namespaces.gen.ts'
import { Snapshots } from '../gen/containerd/services/snapshots/v1/snapshots.gen.ts'
import { Tasks } from '../gen/containerd/services/tasks/v1/tasks.gen.ts'
import { Version } from '../gen/containerd/services/version/v1/version.gen.ts'
import { Health } from '../gen/grpc/health/v1/health.gen.ts'
import { goingOn } from './stall.ts'
import { methodPath, type CallOptions, type Transport } from './transport.ts'

/** One method of a service as a function: a promise for one answer, an AsyncIterable for a stream of them. */
export type ServiceMethod<M extends DescMethod> =
  M extends DescMethodUnary<infer I, infer O>
    ? (request: MessageInitShape<I>, options?: CallOptions) => Promise<MessageShape<O>>
    : M extends DescMethodServerStreaming<infer I, infer O>
      ? (request: MessageInitShape<I>, options?: CallOptions) => AsyncIterable<MessageShape<O>>
      : M extends DescMethodBiDiStreaming<infer I, infer O>
        ? (requests: AsyncIterable<MessageInitShape<I>>, options?: CallOptions) => AsyncIterable<MessageShape<O>>
        : never

/** The methods of a service, by their names in lower camel case. */
export type ServiceClient<S extends DescService> = { readonly [K in keyof S['method']]: ServiceMethod<S['method'][K]> }

/** What every call of a set of services carries. */
export interface ServiceDefaults {
  /** Undefined for daemons that have none, such as those of Kubernetes' CRI. */
  readonly namespace?: string | undefined
  /** What calls create stays until this lease is deleted or expires. */
  readonly lease?: string | undefined
  /** Deadline of calls with one answer, and of lists, in milliseconds; 0 is none. Other streams must go on within this time; `Tasks.Wait` and
   *  events, which come when something happens, have none. */
  readonly callTimeoutMs: number
  /** How long the clean-up after a failure may take. Default 45 000. */
  readonly cleanupTimeoutMs?: number | undefined
  /** The daemon's socket, for messages. */
  readonly address?: string | undefined
  /** What the daemon is called in messages. Default `containerd`. */
  readonly daemon?: string | undefined
}

/** containerd's services. */
export interface Services {
  readonly containers: ServiceClient<typeof Containers>
  readonly tasks: ServiceClient<typeof Tasks>
  readonly events: ServiceClient<typeof Events>
  readonly namespaces: ServiceClient<typeof Namespaces>
  readonly version: ServiceClient<typeof Version>
  readonly health: ServiceClient<typeof Health>
  readonly introspection: ServiceClient<typeof Introspection>
  readonly leases: ServiceClient<typeof Leases>
  readonly content: ServiceClient<typeof Content>
  readonly images: ServiceClient<typeof Images>
  readonly snapshots: ServiceClient<typeof Snapshots>
  readonly diff: ServiceClient<typeof Diff>
  /** Of {@link ServiceDefaults}. */
  readonly callTimeoutMs: number
  readonly cleanupTimeoutMs: number
  /** The same services, whose calls give what they create to a lease. */
  withLease(lease: string): Services
  /** The same services in another namespace. */
  withNamespace(namespace: string): Services
}

const CLEANUP_TIMEOUT_MS = 45_000

/** Makes the services over a transport. */
export function createServices(transport: Transport, defaults: ServiceDefaults): Services {
  const client = <S extends DescService>(service: S): ServiceClient<S> => createServiceClient(service, transport, defaults)
  return {
    containers: client(Containers),
    tasks: client(Tasks),
    events: client(Events),
    namespaces: client(Namespaces),
    version: client(Version),
    health: client(Health),
    introspection: client(Introspection),
    leases: client(Leases),
    content: client(Content),
    images: client(Images),
    snapshots: client(Snapshots),
    diff: client(Diff),
    callTimeoutMs: defaults.callTimeoutMs,
    cleanupTimeoutMs: defaults.cleanupTimeoutMs ?? CLEANUP_TIMEOUT_MS,
    withLease: (lease) => createServices(transport, { ...defaults, lease }),
    withNamespace: (namespace) => createServices(transport, { ...defaults, namespace }),
  }
}

/** A client of any service, for example one that {@link Services} does not have. */
export function createServiceClient<S extends DescService>(service: S, transport: Transport, defaults: ServiceDefaults): ServiceClient<S> {
  const methods = Object.entries<DescMethod>(service.method).map(([name, method]) => [name, bind(method, transport, defaults)] as const)
  return Object.fromEntries(methods) as unknown as ServiceClient<S>
}

type Message = MessageShape<DescMessage>
type Init = MessageInitShape<DescMessage>

function bind(method: DescMethod, transport: Transport, defaults: ServiceDefaults): unknown {
  const translate = (error: unknown): unknown =>
    fromRpc(error, {
      what: `call ${methodPath(method).slice(1)}`,
      operation: method.localName,
      path: defaults.address,
      daemon: defaults.daemon,
    })
  const message = (init: Init): Message => create(method.input, init)
  if (method.methodKind === 'unary') {
    return async (request: Init, options: CallOptions = {}) => {
      try {
        return await transport.unary(method as DescMethodUnary, message(request), unaryOptions(method, options, defaults))
      } catch (error) {
        throw translate(error)
      }
    }
  }
  if (method.methodKind === 'server_streaming') {
    const streaming = method as DescMethodServerStreaming
    const open = (request: Init, options: CallOptions): AsyncIterable<Message> =>
      transport.serverStream(streaming, message(request), streamOptions(method, options, defaults))
    return (request: Init, options: CallOptions = {}) =>
      // Events come when something happens.
      method === Events.method.subscribe
        ? translated(open(request, options), translate)
        : translated(
            goingOn(options.timeoutMs ?? defaults.callTimeoutMs, options, (own) => open(request, own)),
            translate,
          )
  }
  if (method.methodKind === 'bidi_streaming') {
    const streaming = method as DescMethodBiDiStreaming
    return (requests: AsyncIterable<Init>, options: CallOptions = {}) =>
      translated(transport.duplexStream(streaming, mapped(requests, message), withHeaders(options, defaults)), translate)
  }
  throw new TypeError(`${methodPath(method)}: containerd has no method of this kind`)
}

function unaryOptions(method: DescMethod, options: CallOptions, defaults: ServiceDefaults): CallOptions {
  // The answer comes when a process ends.
  const unlimited = method === Tasks.method.wait
  const timeoutMs = options.timeoutMs ?? (unlimited ? 0 : defaults.callTimeoutMs)
  return { ...withHeaders(options, defaults), timeoutMs }
}

function streamOptions(method: DescMethod, options: CallOptions, defaults: ServiceDefaults): CallOptions {
  // One answer in many messages, and not a stream without an end.
  const isAnswer = method === Containers.method.listStream
  const timeoutMs = options.timeoutMs ?? (isAnswer ? defaults.callTimeoutMs : 0)
  return { ...withHeaders(options, defaults), timeoutMs }
}

function withHeaders(options: CallOptions, { namespace, lease }: ServiceDefaults): CallOptions {
  const headers = {
    ...(namespace === undefined ? {} : { 'containerd-namespace': namespace }),
    ...(lease === undefined ? {} : { 'containerd-lease': lease }),
  }
  return { ...options, metadata: { ...headers, ...options.metadata } }
}

async function* mapped<T, U>(source: AsyncIterable<T>, map: (value: T) => U): AsyncGenerator<U> {
  for await (const value of source) yield map(value)
}

async function* translated<T>(source: AsyncIterable<T>, translate: (error: unknown) => unknown): AsyncGenerator<T> {
  try {
    yield* source
  } catch (error) {
    throw translate(error)
  }
}
