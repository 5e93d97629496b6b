/** A daemon that only takes notes. */

import type { Process } from '@teu/spec'
import type {
  ContainerRecord,
  ExitInfo,
  Host,
  HostImage,
  HostProcess,
  HostRunRequest,
  ImageRecord,
  NewContainer,
  ProcessInfo,
  ProcessStreams,
  TaskEvent,
  TaskSummary,
  TerminalSize,
  Usage,
} from '../host/host.ts'

const CREATED = new Date('2024-01-02T15:00:00Z')

/** A record with what a test says of it. */
export function recordOf(id: string, more: Partial<ContainerRecord> = {}): ContainerRecord {
  return {
    id,
    labels: {},
    image: 'docker.io/library/box:1',
    runtime: { name: 'io.containerd.runc.v2' },
    spec: { process: { args: ['sleep', '1000'], env: ['PATH=/bin'], cwd: '/srv', user: { uid: 5, gid: 5 } } },
    snapshotter: 'overlayfs',
    snapshotKey: id,
    createdAt: CREATED,
    extensions: {},
    ...more,
  }
}

/** A name of an image. */
export function imageOf(name: string, digit: string): ImageRecord {
  const target = { mediaType: 'application/vnd.oci.image.index.v1+json', digest: `sha256:${digit.repeat(64)}`, size: 10 }
  return { name, target, labels: {}, createdAt: CREATED }
}

/** A program that ends when the test says so, or at once. */
export class FakeProcess implements HostProcess {
  streams: ProcessStreams | undefined
  /** In the order in which they came. */
  readonly calls: string[] = []
  /** What the start fails with. */
  startError: Error | undefined
  /** Waited for before the program runs. */
  starting: Promise<unknown> | undefined
  /** What a signal fails with. */
  killError: Error | undefined
  /** Called when the program runs. */
  body: (process: FakeProcess) => void = (process) => process.end(0)
  readonly #ended: Promise<ExitInfo>
  #end!: (exit: ExitInfo) => void

  constructor() {
    this.#ended = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  async start(streams: ProcessStreams, signal?: AbortSignal): Promise<void> {
    this.calls.push('start')
    if (this.starting !== undefined) await Promise.race([this.starting, aborted(signal)])
    if (this.startError !== undefined) throw this.startError
    this.streams = streams
    setImmediate(() => this.body(this))
  }

  write(name: 'stdout' | 'stderr', text: string): void {
    this.streams?.[name]?.write(text)
  }

  end(exitCode: number, more: Partial<ExitInfo> = {}): void {
    this.#end({ exitCode, oomKilled: false, ...more })
  }

  async ended(): Promise<void> {
    await this.#ended
  }

  wait(): Promise<ExitInfo> {
    return this.#ended
  }

  async kill(signal: string): Promise<void> {
    this.calls.push(`kill ${signal}`)
    if (this.killError !== undefined) throw this.killError
    if (signal === 'SIGKILL') this.end(137)
  }

  async resize({ columns, rows }: TerminalSize): Promise<void> {
    this.calls.push(`resize ${columns}x${rows}`)
  }
}

function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error))
  })
}

/** A {@link Host} whose answers are its fields. */
export class FakeHost implements Host {
  readonly namespace = 'default'
  records: ContainerRecord[] = []
  taskList: Map<string, TaskSummary> = new Map()
  usages: Usage[] = []
  eventList: TaskEvent[] = []
  imageList: HostImage[] = []
  process: FakeProcess = new FakeProcess()
  /** What a call of that name fails with. */
  readonly failures: Map<string, Error> = new Map()
  readonly calls: unknown[][] = []
  isDisposed = false

  #note(...call: readonly unknown[]): void {
    this.calls.push([...call])
    const failure = this.failures.get(`${String(call[0])} ${String(call[1])}`) ?? this.failures.get(String(call[0]))
    if (failure !== undefined) throw failure
  }

  async version(): Promise<{ version: string; revision: string }> {
    return { version: '1.6.20', revision: 'abc' }
  }

  async containers(filters: readonly string[] = []): Promise<ContainerRecord[]> {
    if (filters.length > 0) this.#note('containers', ...filters)
    return this.records
  }

  async tasks(): Promise<ReadonlyMap<string, TaskSummary>> {
    return this.taskList
  }

  async task(id: string): Promise<ProcessInfo | undefined> {
    const task = this.taskList.get(id)
    return task && { stdin: '', stdout: '', stderr: '', terminal: false, ...task }
  }

  async create(request: HostRunRequest, signal: AbortSignal): Promise<NewContainer> {
    this.#note('create', request)
    signal.throwIfAborted()
    return {
      id: request.program.id ?? 'teu-1',
      process: this.process,
      remove: async () => this.#note('remove new'),
    }
  }

  exec(id: string, process: Process): HostProcess {
    this.#note('exec', id, process)
    return this.process
  }

  userOf(text: string, pid: number): Process['user'] {
    this.#note('userOf', text, pid)
    return { uid: 1000, gid: 1000 }
  }

  async kill(id: string, signal: number, options: object): Promise<void> {
    this.#note('kill', id, signal, options)
  }

  async start(id: string): Promise<void> {
    this.#note('start', id)
  }

  async stop(id: string, options: object): Promise<void> {
    this.#note('stop', id, options)
  }

  async remove({ id }: ContainerRecord, options: object): Promise<void> {
    this.#note('remove', id, options)
  }

  async usage(id: string): Promise<Usage> {
    this.#note('usage', id)
    return (this.usages.length > 1 ? this.usages.shift() : this.usages[0]) as Usage
  }

  async *events(): AsyncGenerator<TaskEvent> {
    yield* this.eventList
  }

  async images(): Promise<HostImage[]> {
    return this.imageList
  }

  async importImages(source: string | AsyncIterable<Uint8Array>, options: Parameters<Host['importImages']>[1]): Promise<ImageRecord[]> {
    this.#note('import', source, options.name)
    options.onProgress({ path: 'blobs/a', digest: `sha256:${'a'.repeat(64)}`, doneBytes: 1024, totalBytes: 2048, status: 'writing' })
    return [imageOf(options.name ?? 'docker.io/library/box:1', 'a')]
  }

  async removeImage(name: string): Promise<void> {
    this.#note('removeImage', name)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isDisposed = true
  }
}
