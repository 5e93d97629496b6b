/** A containerd as {@link Host}. */

import { once } from 'node:events'
import { type Stats, statSync } from 'node:fs'
import { connect } from 'node:net'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import { userInRootfs } from '@teu/container'
import { Containerd, type Images, INIT_PROCESS, type TaskStatus } from '@teu/containerd'
import { type Process, TeuError } from '@teu/spec'
import { createContainer } from './containerd-create.ts'
import { execProcess } from './containerd-process.ts'
import { stopContainer } from './containerd-stop.ts'
import { describeImage, withImage } from './containerd-image.ts'
import type {
  ContainerRecord,
  Host,
  HostImage,
  HostOptions,
  HostProcess,
  HostRunRequest,
  ImageRecord,
  NewContainer,
  ProcessInfo,
  StopOptions,
  TaskEvent,
  TaskSummary,
  Usage,
} from './host.ts'
import { usageOf } from './usage.ts'

/** Of the daemon's enumeration, by number. */
const STATUSES: readonly TaskStatus[] = ['unknown', 'created', 'running', 'stopped', 'paused', 'pausing']
/** A daemon that is starting gets some time; people wait for the answer. */
const CONNECT_TIMEOUT_MS = 5_000
/** Images whose documents are read at the same time. */
const PARALLEL = 8

/** See the head of this file. */
export class ContainerdHost implements Host {
  readonly #client: Containerd

  private constructor(client: Containerd) {
    this.#client = client
  }

  get #images(): Images {
    return this.#client.images
  }

  /** @throws {TeuError} ERR_TEU_UNAVAILABLE */
  static async connect({ socket, namespace, root }: HostOptions): Promise<Host> {
    await checkSocket(socket)
    const stateDir = root === undefined ? {} : { stateDir: join(root, 'containerd', namespace) }
    return new ContainerdHost(
      await Containerd.connect({ address: `unix://${socket}`, namespace, connectTimeoutMs: CONNECT_TIMEOUT_MS, ...stateDir }),
    )
  }

  get namespace(): string {
    return this.#client.namespace
  }

  version(): ReturnType<Host['version']> {
    return this.#client.version()
  }

  containers(filters?: readonly string[]): Promise<ContainerRecord[]> {
    return this.#client.list(filters)
  }

  async tasks(): Promise<ReadonlyMap<string, TaskSummary>> {
    const { tasks } = await this.#client.services.tasks.list({})
    return new Map(
      tasks.map(({ id, pid, status, exitStatus, exitedAt }) => {
        const text = STATUSES[status] ?? 'unknown'
        return [id, { pid, status: text, ...(text === 'stopped' && { exitCode: exitStatus, ...exitTime(exitedAt) }) }] as const
      }),
    )
  }

  task(id: string): Promise<ProcessInfo | undefined> {
    return this.#client.container(id).task()
  }

  create(request: HostRunRequest, signal: AbortSignal): Promise<NewContainer> {
    return createContainer(this.#client, this.#images, request, signal)
  }

  exec(id: string, process: Process): HostProcess {
    return execProcess(this.#client, this.#client.container(id), process)
  }

  userOf(text: string, pid: number): Process['user'] {
    const [user = '', ...group] = text.split(':')
    return userInRootfs(`/proc/${pid}/root`, user, group.length === 0 ? undefined : group.join(':'))
  }

  kill(id: string, signal: number, options: { readonly all: boolean }): Promise<void> {
    return this.#client.signalProcess(id, INIT_PROCESS, signal, options)
  }

  async start(id: string): Promise<void> {
    await this.#client.deleteTask(id)
    await this.#client.start(id)
  }

  stop(id: string, options: StopOptions): Promise<void> {
    return stopContainer(this.#client.container(id), options)
  }

  async remove({ id, snapshotter, snapshotKey }: ContainerRecord, { force }: { readonly force: boolean }): Promise<void> {
    await this.#client.deleteTask(id, { force })
    await this.#client.delete(id)
    if (snapshotKey !== '') await this.#images.removeRoot({ snapshotter, key: snapshotKey, mounts: [] })
  }

  async usage(id: string): Promise<Usage> {
    return usageOf(await this.#client.stats(id), totalmem())
  }

  events(signal: AbortSignal): AsyncIterable<TaskEvent> {
    return this.#client.events({ unknown: true, signal })
  }

  async images(): Promise<HostImage[]> {
    const records = await this.#images.list()
    const images: HostImage[] = []
    for (let n = 0; n < records.length; n += PARALLEL) {
      images.push(...(await Promise.all(records.slice(n, n + PARALLEL).map((record) => describeImage(this.#images, record)))))
    }
    return images
  }

  importImages(...[source, options]: Parameters<Host['importImages']>): Promise<ImageRecord[]> {
    return this.#images.import(source, options)
  }

  removeImage(name: string): Promise<void> {
    return withImage(this.#images, this.namespace, name, 'remove image', () => this.#images.delete(name, { sync: true }))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#client[Symbol.asyncDispose]()
  }
}

/** A client waits for a daemon that is not there yet; on a command line that would look like a hang. */
async function checkSocket(path: string): Promise<void> {
  let type: Stats
  try {
    type = statSync(path)
  } catch (cause) {
    throw failed(path, 'stat', cause)
  }
  if (!type.isSocket()) throw unreachable(path, 'it is not a socket')
  const socket = connect(path)
  try {
    await once(socket, 'connect')
  } catch (cause) {
    throw failed(path, 'connect', cause)
  } finally {
    socket.destroy()
  }
}

function failed(path: string, syscall: 'stat' | 'connect', cause: unknown): Error {
  const { code: errno = '' } = cause as NodeJS.ErrnoException
  return unreachable(path, REASONS[errno] ?? `${syscall} failed with ${errno}`, errno, cause)
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'the socket does not exist',
  ENOTDIR: 'a part of the path is no directory',
  ECONNREFUSED: 'nobody listens on the socket',
  EACCES: 'permission denied',
}

function unreachable(path: string, reason: string, errno?: string, cause?: unknown): Error {
  return new TeuError('ERR_TEU_UNAVAILABLE', `Cannot reach containerd at ${path}: ${reason}`, {
    path,
    errno,
    cause,
    remedy:
      errno === 'EACCES'
        ? 'Ask as a user who may use the socket, for example root'
        : 'Check that containerd runs, and that --host names its socket',
  })
}

/** A time that is not set is one before the epoch. */
function exitTime(time: { readonly seconds: bigint; readonly nanos: number } | undefined): { exitedAt?: Date } {
  if (time === undefined || time.seconds <= 0n) return {}
  return { exitedAt: new Date(Number(time.seconds) * 1000 + Math.floor(time.nanos / 1e6)) }
}
