/** A containerd of a test's own: its configuration, root, state and socket are in the lab's directory. */

import { existsSync, lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Process, Spec } from '@teu/spec'
import { baseConfig, type Config } from '../../../../tests/harness/base-config.ts'
import { makeRootfs } from '../../../../tests/harness/bundle.ts'
import { ContainerdDaemon } from '../../../../tests/harness/containerd-daemon.ts'
import { withinShareOf } from '../../../../tests/harness/deadline.ts'
import { withLab } from '../../../../tests/harness/in-lab.ts'
import { openDescriptors } from '../../../../tests/harness/leaks.ts'
import type { Lab } from '../../../../tests/harness/lab.ts'
import { eventually } from '../../../../tests/harness/wait.ts'
import { Containerd, type ContainerdOptions, type TaskEvent } from '../../src/index.ts'
import { endShims, shimsOf } from './end-shims.ts'

/** See the head of this file. */
export class Daemon {
  readonly lab: Lab
  readonly runtime: string
  readonly rootfs: string
  /** Set by tests that kill the daemon while it makes a task. A shim that is being started at that moment is known to nobody afterwards:
   *  containerd 1.6 reads the list of shims before that one has written its address. No client can see or end it. */
  mayLoseShims = false
  /** Environment of the daemon and its shims, beside that of the lab's programs; from its next start on. */
  env: Readonly<Record<string, string>> = {}
  /** State root of the runtime, without the namespace. */
  runtimeRoot: string
  readonly #clients: Containerd[] = []
  readonly #daemon: ContainerdDaemon

  /** @param runtime  path of the OCI runtime that the shim runs */
  constructor(lab: Lab, runtime: string) {
    this.lab = lab
    this.runtime = runtime
    this.rootfs = lab.path('rootfs')
    this.runtimeRoot = lab.path('runtime')
    this.#daemon = new ContainerdDaemon(lab.dir, { spawn: (command) => lab.spawn(command, { env: this.env }) })
    makeRootfs(this.rootfs)
  }

  /** Path of the socket. */
  get socket(): string {
    return this.#daemon.socket
  }

  get address(): string {
    return `unix://${this.socket}`
  }

  get namespace(): string {
    return this.lab.mark
  }

  get stateDir(): string {
    return this.lab.path('fifos')
  }

  /** Names of the directories of FIFOs that are there. */
  bundles(): string[] {
    return bundlesIn(this.stateDir)
  }

  get pid(): number {
    return this.#daemon.pid
  }

  start(): Promise<void> {
    return this.#daemon.start()
  }

  stop(signal?: NodeJS.Signals): Promise<void> {
    return this.#daemon.stop(signal)
  }

  async restart(): Promise<void> {
    await this.stop('SIGKILL')
    await this.start()
  }

  /** A client, disposed at the latest with the daemon. */
  async client(options: ContainerdOptions = {}): Promise<Containerd> {
    const client = await Containerd.connect({
      address: this.address,
      namespace: this.namespace,
      stateDir: this.stateDir,
      runtime: { name: 'io.containerd.runc.v2', options: { binaryName: this.runtime, root: this.runtimeRoot } },
      ...options,
    })
    this.#clients.push(client)
    return client
  }

  /** A config that runs busybox. */
  spec(args: readonly string[], change?: (config: Config) => void): Spec {
    const config = baseConfig(args, this.lab.cgroupsPath(this.lab.id()))
    config.root.path = this.rootfs
    change?.(config)
    return config
  }

  /** A config that runs a script of the shell. */
  script(script: string, change?: (config: Config) => void): Spec {
    return this.spec(['/bin/sh', '-c', script], change)
  }

  /** A process for exec. */
  process(...args: readonly string[]): Process {
    return { ...baseConfig(args, '').process, user: { uid: 0, gid: 0 } }
  }

  /** Pids of shims of this daemon. */
  shims(): number[] {
    return shimsOf(this.socket)
  }

  #endShims(): Promise<void> {
    const root = join(this.runtimeRoot, this.namespace)
    return endShims(this.lab, this.socket, this.#daemon.state, { runtime: this.runtime, root })
  }

  /** Ends everything whatever state it is in: a daemon that does not answer, shims that nobody knows, containers. */
  async end(): Promise<void> {
    for (const client of this.#clients) await client[Symbol.asyncDispose]()
    await this.stop('SIGKILL')
    await this.#endShims()
  }

  /** Ends everything, and rejects with what a test has left: tasks, records, leases, FIFOs, descriptors. */
  async close(): Promise<void> {
    if (!this.#daemon.isRunning) await this.start()
    const left: string[] = []
    for (const client of this.#clients) await client[Symbol.asyncDispose]()
    const client = await this.client()
    const { tasks } = await client.services.tasks.list({})
    for (const { id } of tasks) {
      left.push(`task ${id}`)
      await client.deleteTask(id, { force: true })
    }
    for (const { id } of await client.list()) {
      left.push(`container ${id}`)
      await client.delete(id)
    }
    for (const { id } of (await client.services.leases.list({})).leases) {
      left.push(`lease ${id}`)
      await client.services.leases.delete({ id })
    }
    await client[Symbol.asyncDispose]()
    if (this.mayLoseShims) {
      await eventually('ended shims', () => (this.shims().length === 0 ? true : undefined), 1_000).catch(() => {})
      await this.#endShims()
    }
    left.push(...fifosBelow(this.stateDir).map((path) => `FIFO ${path}`))
    await this.stop()
    const open = await ownDescriptors(this.lab.dir)
    left.push(...open.map((target) => `descriptor of ${target}`))
    if (left.length > 0) throw new Error(`left behind:\n  ${left.join('\n  ')}`)
  }
}

/** Descriptors of this process below a directory; closing takes a moment. */
async function ownDescriptors(dir: string): Promise<string[]> {
  const look = (): string[] => [...openDescriptors().values()].filter((target) => target.startsWith(dir))
  await eventually('closed descriptors', () => (look().length === 0 ? true : undefined), 1_000).catch(() => {})
  return look()
}

/** Names of what is in a client's `stateDir`, which is made with the first FIFO. */
export function bundlesIn(stateDir: string): string[] {
  return existsSync(stateDir) ? readdirSync(stateDir) : []
}

/** Everything left of containers' directories. */
export function fifosBelow(dir: string): string[] {
  if (!existsSync(dir)) return []
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .map((name) => join(dir, name))
    .filter((path) => lstatSync(path).isFIFO())
}

/** Runs a test with a daemon in a lab; what it leaves is looked for only when it has passed.
 *  @param testTimeoutMs  the test's own limit: one that hangs is given up before, and leaves neither daemon nor shims */
export function withDaemon(runtime: string, testTimeoutMs: number, test: (daemon: Daemon) => Promise<void>): Promise<void> {
  return withLab(async (lab) => {
    const daemon = new Daemon(lab, runtime)
    try {
      await withinShareOf(testTimeoutMs, async () => {
        await daemon.start()
        await test(daemon)
        await daemon.close()
      })
    } catch (error) {
      await daemon.end().catch((second: unknown) => Object.assign(error as Error, { whileClosing: second }))
      throw error
    }
  })
}

/** Collects events, and waits for those that are still to come. */
export class EventLog {
  readonly events: TaskEvent[] = []

  readonly record = (event: TaskEvent): void => {
    this.events.push(event)
  }

  /** `create init`, `exit e1` … of a container. */
  names(containerId: string): string[] {
    return this.events.filter((event) => event.containerId === containerId).map(({ type, processId }) => `${type} ${processId}`)
  }

  of(containerId: string, type: TaskEvent['type'], processId = 'init'): TaskEvent[] {
    return this.events.filter((event) => event.containerId === containerId && event.type === type && event.processId === processId)
  }

  /** The `count`th event of that kind. */
  waitFor(containerId: string, type: TaskEvent['type'], processId = 'init', count = 1): Promise<TaskEvent> {
    return eventually(
      `${type} of ${processId} in ${containerId}, seen ${this.names(containerId).join(', ')}`,
      () => this.of(containerId, type, processId)[count - 1],
      10_000,
    )
  }
}
