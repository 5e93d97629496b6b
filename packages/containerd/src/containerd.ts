/** The client of a containerd daemon. */

import { checkOptions, integerOption, type LinuxResources, OPTION, type OptionRules, type Process, type Spec, TeuError } from '@teu/spec'
import type { CheckpointOptions } from './checkpoint/create.ts'
import type { Client, MethodOptions, Signal, TerminalSize } from './client.ts'
import { defaultAddress, defaultNamespace } from './connection/address.ts'
import { Link } from './connection/link.ts'
import { resync, resyncWhen } from './connection/resync.ts'
import { ContainerHandle } from './container-handle.ts'
import { containerRecord } from './container/record.ts'
import { RUNC_SHIM } from './container/runtime-ref.ts'
import { type ClientContext, keepContext } from './context.ts'
import { EventBroadcast, type EventFilter } from './events/broadcast.ts'
import { Deliveries } from './events/deliveries.ts'
import { receive } from './events/receive.ts'
import { features, type Features } from './features.ts'
import { checkNamespace } from './identifiers.ts'
import { create } from './operations/create.ts'
import type { DeleteOptions, DeleteTaskOptions } from './operations/delete-task.ts'
import type { RestoreOptions } from './operations/restore.ts'
import type { StartOptions } from './operations/start.ts'
import type { ProcessSummary, Stats, UpdateOptions } from './operations/task-calls.ts'
import { Images } from './image/images.ts'
import type { RunImageOptions, RunImageResult } from './image/run/run-image.ts'
import { openGrpcTransport } from './rpc/grpc-transport.ts'
import { createServices, type Services } from './rpc/services.ts'
import { socketPath } from './rpc/socket-path.ts'
import type { Transport } from './rpc/transport.ts'
import type {
  Backend,
  ContainerRecord,
  CreateOptions,
  DeletedTask,
  ExitInfo,
  Restored,
  RuntimeRef,
  StdioOptions,
  TaskEvent,
  TaskStatus,
} from './types.ts'
import { UnderWay } from './under-way.ts'

/** How to reach a daemon, and how to behave. */
export interface ContainerdOptions {
  /** `$CONTAINERD_ADDRESS` when absent, else `unix:///run/containerd/containerd.sock`. */
  readonly address?: string
  /** `$CONTAINERD_NAMESPACE` when absent, else `default`. */
  readonly namespace?: string
  /** Where the directories of FIFOs are made; `/run/teu/containerd/<namespace>` when absent. */
  readonly stateDir?: string
  /** For containers that name none; `io.containerd.runc.v2` when absent. */
  readonly runtime?: RuntimeRef
  /** Until the daemon serves and the subscription to events stands; 10 000 when absent. */
  readonly connectTimeoutMs?: number
  /** Per call; 60 000 when absent, 0 is none. */
  readonly callTimeoutMs?: number
  /** How long an exit, and a deletion, wait for output to be read that something still holds open; 2 000 when absent. */
  readonly drainTimeoutMs?: number
  /** How long cleaning up after a failure may take; 45 000 when absent. */
  readonly cleanupTimeoutMs?: number
  /** Told of events; awaited, in order for each container. */
  readonly onEvent?: (event: TaskEvent) => void | Promise<void>
  /** The same in the manner of libcontainerd. */
  readonly backend?: Backend
  /** Instead of a connection to `address`. */
  readonly transport?: Transport
  /** Gives up connecting. */
  readonly signal?: AbortSignal
}

const RULES: OptionRules = {
  address: OPTION.text,
  namespace: OPTION.text,
  stateDir: OPTION.path,
  runtime: OPTION.object,
  connectTimeoutMs: OPTION.milliseconds,
  callTimeoutMs: OPTION.milliseconds,
  drainTimeoutMs: OPTION.milliseconds,
  cleanupTimeoutMs: integerOption(1, 0xffff_ffff, 'milliseconds'),
  onEvent: OPTION.callback,
  backend: OPTION.object,
  transport: OPTION.object,
  signal: OPTION.abortSignal,
}

const GRACE_MS = 1_000
const DISPOSAL_MS = 10_000

/** A connection to a daemon, with what is known of its containers. Disposing it ends nothing in the daemon: containers run on. */
export class Containerd implements Client {
  /** The daemon's services, with the namespace set. */
  readonly services: Services
  readonly namespace: string
  /** Images of the namespace, and containers made of them. */
  readonly images: Images
  readonly #ctx: ClientContext
  readonly #transport: Transport
  readonly #closing: AbortController
  #disposal: Promise<void> | undefined

  private constructor(ctx: ClientContext, transport: Transport, closing: AbortController) {
    this.services = ctx.services
    this.namespace = ctx.namespace
    this.images = new Images(this)
    keepContext(this, ctx)
    this.#ctx = ctx
    this.#transport = transport
    this.#closing = closing
  }

  /** Connects, and resolves when events come in.
   *  @throws {TeuError} ERR_TEU_UNAVAILABLE, with `errno` and `path` of the socket; ERR_TEU_UNSUPPORTED for a daemon before 1.6;
   *                     ERR_TEU_INVALID_ID for the namespace; ERR_TEU_USAGE for an address that names no Unix socket
   *  @throws {TypeError | RangeError} for options that are none */
  static async connect(options: ContainerdOptions = {}): Promise<Containerd> {
    checkOptions('Containerd.connect', options, RULES)
    const { address = defaultAddress(), namespace = defaultNamespace(), connectTimeoutMs = 10_000, signal } = options
    checkNamespace(namespace)
    const transport = options.transport ?? (await openGrpcTransport(address))
    const closing = new AbortController()
    const ctx = makeContext(options, { address, namespace, transport, closed: closing.signal })
    try {
      await ctx.link.open(connectTimeoutMs, signal)
    } catch (error) {
      closing.abort()
      transport.close()
      throw error
    }
    return new Containerd(ctx, transport, closing)
  }

  async version(options: MethodOptions = {}): Promise<{ version: string; revision: string }> {
    const { version, revision } = await this.services.version.version({}, options)
    return { version, revision }
  }

  /** What the daemon is and has. */
  features(options: MethodOptions = {}): Promise<Features> {
    return features(this.#ctx, options.signal)
  }

  /** Records of containers.
   *  @param filters  containerd's own, one of which must match: `id==web`, `labels."a.b"==c` */
  async list(filters: readonly string[] = [], options: MethodOptions = {}): Promise<ContainerRecord[]> {
    const records: ContainerRecord[] = []
    // As a stream: a few thousand records with their configs are more than fit into one message.
    for await (const { container } of this.services.containers.listStream({ filters: [...filters] }, options)) {
      if (container !== undefined) records.push(containerRecord(container))
    }
    return records
  }

  /** A container by its id, which need not exist. */
  container(id: string): ContainerHandle {
    return new ContainerHandle(this.#ctx, id)
  }

  /** Events from now on. The loop ends when it is left, when its signal fires, or with the client. */
  events(filter: EventFilter = {}): AsyncIterableIterator<TaskEvent> {
    return this.#ctx.broadcast.subscribe(filter)
  }

  async create(id: string, spec: Spec, options: CreateOptions = {}): Promise<ContainerHandle> {
    await create(this.#ctx, id, spec, options)
    return this.container(id)
  }

  async restore(id: string, options?: RestoreOptions): Promise<Restored> {
    return this.container(id).restore(options)
  }

  async start(id: string, options?: StartOptions): Promise<number> {
    return this.container(id).start(options)
  }

  async exec(id: string, execId: string, process: Process, options?: StdioOptions): Promise<number> {
    return this.container(id).exec(execId, process, options)
  }

  async signalProcess(id: string, processId: string, signal: Signal, options?: { readonly all?: boolean } & MethodOptions): Promise<void> {
    return this.container(id).signalProcess(processId, signal, options)
  }

  async resizeTerminal(id: string, processId: string, size: TerminalSize, options?: MethodOptions): Promise<void> {
    return this.container(id).resizeTerminal(processId, size, options)
  }

  async closeStdin(id: string, processId: string, options?: MethodOptions): Promise<void> {
    return this.container(id).closeStdin(processId, options)
  }

  async pause(id: string, options?: MethodOptions): Promise<void> {
    return this.container(id).pause(options)
  }

  async resume(id: string, options?: MethodOptions): Promise<void> {
    return this.container(id).resume(options)
  }

  async stats(id: string, options?: MethodOptions): Promise<Stats> {
    return this.container(id).stats(options)
  }

  async listPids(id: string, options?: MethodOptions): Promise<number[]> {
    return this.container(id).listPids(options)
  }

  async summary(id: string, options?: MethodOptions): Promise<ProcessSummary[]> {
    return this.container(id).summary(options)
  }

  async deleteTask(id: string, options?: DeleteTaskOptions): Promise<DeletedTask> {
    return this.container(id).deleteTask(options)
  }

  async delete(id: string, options?: DeleteOptions): Promise<void> {
    return this.container(id).delete(options)
  }

  async status(id: string, options?: MethodOptions): Promise<TaskStatus> {
    return this.container(id).status(options)
  }

  async updateResources(id: string, resources: LinuxResources, options?: UpdateOptions): Promise<void> {
    return this.container(id).updateResources(resources, options)
  }

  async createCheckpoint(id: string, dir: string, options?: CheckpointOptions): Promise<void> {
    return this.container(id).createCheckpoint(dir, options)
  }

  async wait(id: string, processId?: string, options?: MethodOptions): Promise<ExitInfo> {
    return this.container(id).wait(processId, options)
  }

  /** Runs a program in a container of its own, from an image, and removes everything of it: {@link Images.run}.
   *  @param args  arguments for the image's program; empty are those of the image */
  run(image: string, args?: readonly string[], options?: RunImageOptions): Promise<RunImageResult> {
    return this.images.run(image, args, options)
  }

  /** Disconnects: events end, our ends of FIFOs close. The FIFOs stay for the next client's `restore`. Starts and execs that are under way are
   *  undone before, and reject with ERR_TEU_INVALID_STATE, as does every call from now on; that takes up to ten seconds when the daemon does
   *  not answer. */
  [Symbol.asyncDispose](): Promise<void> {
    return (this.#disposal ??= this.#dispose())
  }

  async #dispose(): Promise<void> {
    // Our ends of FIFOs stay open meanwhile: a shim that finds no reader waits for one, and the daemon with it.
    await this.#ctx.underWay.end(Math.min(DISPOSAL_MS, this.#ctx.timing.cleanupMs))
    this.#closing.abort()
    this.#ctx.link.close()
    this.#ctx.broadcast.close()
    for (const container of this.#ctx.known.values()) {
      for (const run of [container.init, ...container.execs.values()]) {
        run?.io?.close()
        run?.exited.reject(disposed(container.id))
      }
    }
    this.#transport.close()
  }
}

function disposed(containerId: string): Error {
  return new TeuError('ERR_TEU_INVALID_STATE', `Cannot wait for container "${containerId}": this client was disposed`, { containerId })
}

interface Base {
  readonly address: string
  readonly namespace: string
  readonly transport: Transport
  readonly closed: AbortSignal
}

function makeContext(options: ContainerdOptions, { address, namespace, transport, closed }: Base): ClientContext {
  const { callTimeoutMs = 60_000, drainTimeoutMs = 2_000, cleanupTimeoutMs = 45_000, onEvent, backend } = options
  const services = createServices(transport, { namespace, callTimeoutMs, cleanupTimeoutMs, address: socketPath(address) })
  const backends: Backend[] = backend === undefined ? [] : [backend]
  if (onEvent !== undefined) backends.push({ processEvent: (_id, _type, event) => onEvent(event) })
  const link = new Link(services, namespace, {
    subscribing: (stands) => resyncWhen(ctx, stands),
    received: (envelope) => receive(ctx, envelope),
    unsure: () => {
      for (const container of ctx.known.values()) container.queue.push(() => resync(ctx, container))
    },
  })
  const ctx: ClientContext = {
    services,
    namespace,
    stateDir: options.stateDir ?? `/run/teu/containerd/${namespace}`,
    runtime: options.runtime ?? { name: RUNC_SHIM },
    timing: { drainMs: drainTimeoutMs, cleanupMs: cleanupTimeoutMs, graceMs: GRACE_MS },
    known: new Map(),
    departed: new Map(),
    broadcast: new EventBroadcast(),
    deliveries: new Deliveries(backends, closed),
    link,
    underWay: new UnderWay(),
    closed,
  }
  return ctx
}
