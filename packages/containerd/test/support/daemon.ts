/** A containerd of a test's own: its configuration, root, state and socket are in the lab's directory. */

import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Process, Spec } from '@teu/spec'
import { removeCgroup } from '../../../../tests/harness/cgroups.ts'
import { baseConfig, type Config } from '../../../../tests/harness/base-config.ts'
import { makeRootfs } from '../../../../tests/harness/bundle.ts'
import type { Child } from '../../../../tests/harness/child.ts'
import { withLab } from '../../../../tests/harness/in-lab.ts'
import { killLeft, openDescriptors } from '../../../../tests/harness/leaks.ts'
import type { Lab } from '../../../../tests/harness/lab.ts'
import { eventually } from '../../../../tests/harness/wait.ts'
import { Containerd, type ContainerdOptions, type TaskEvent } from '../../src/index.ts'

/** Plugins that this machine may lack what they need for, and none of which a container without an image needs. */
const DISABLED = [
  'grpc.v1.cri',
  'internal.v1.opt',
  'snapshotter.v1.btrfs',
  'snapshotter.v1.zfs',
  'snapshotter.v1.aufs',
  'snapshotter.v1.devmapper',
]

/** See the head of this file. */
export class Daemon {
  readonly lab: Lab
  readonly runtime: string
  readonly rootfs: string
  readonly address: string
  /** Set by tests that kill the daemon while it makes a task. A shim that is being started at that moment is known to nobody afterwards:
   *  containerd 1.6 reads the list of shims before that one has written its address. No client can see or end it. */
  mayLoseShims = false
  readonly #clients: Containerd[] = []
  #process: Child | undefined

  /** @param runtime  path of the OCI runtime that the shim runs */
  constructor(lab: Lab, runtime: string) {
    this.lab = lab
    this.runtime = runtime
    this.rootfs = lab.path('rootfs')
    this.address = `unix://${lab.path('socket')}`
    makeRootfs(this.rootfs)
    const quoted = DISABLED.map((name) => `"io.containerd.${name}"`).join(', ')
    const lines = ['version = 2', `root = "${lab.path('data')}"`, `state = "${lab.path('state')}"`, `disabled_plugins = [${quoted}]`]
    writeFileSync(lab.path('config.toml'), [...lines, '[grpc]', `address = "${lab.path('socket')}"`, ''].join('\n'))
  }

  get namespace(): string {
    return this.lab.mark
  }

  get stateDir(): string {
    return this.lab.path('fifos')
  }

  get pid(): number {
    return this.#process?.process.pid ?? 0
  }

  async start(): Promise<void> {
    this.#process = this.lab.spawn(['containerd', '--config', this.lab.path('config.toml')])
    await this.#process.stderr.waitFor((line) => line.includes('containerd successfully booted'))
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#process?.process.kill(signal)
    await this.#process?.ended
    this.#process = undefined
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
      runtime: { name: 'io.containerd.runc.v2', options: { binaryName: this.runtime, root: this.lab.path('runtime') } },
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
    const socketMark = this.lab.path('socket')
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => {
        try {
          const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
          return line.includes('containerd-shim') && line.includes(socketMark)
        } catch {
          return false
        }
      })
      .map(Number)
  }

  async #endLostShims(): Promise<void> {
    await eventually('ended shims', () => (this.shims().length === 0 ? true : undefined), 1_000).catch(() => {})
    for (const pid of this.shims()) {
      const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
      process.kill(pid, 'SIGKILL')
      const root = join(this.lab.path('runtime'), this.namespace)
      await this.lab.command([this.runtime, '--root', root, 'delete', '--force', args[args.indexOf('-id') + 1] ?? ''])
    }
    // Root file systems of tasks that were half made.
    for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n').reverse()) {
      const target = line.split(' ')[4] ?? ''
      if (target.startsWith(this.lab.path('state'))) await this.lab.command(['umount', '-l', target])
    }
    // A runtime that was killed with its shim leaves its cgroup.
    killLeft(this.lab.mark)
    await eventually('empty cgroups', () => (removeCgroup(`/${this.lab.mark}`) ? true : undefined))
  }

  /** Ends everything, and says what a test has left: tasks, records, leases, FIFOs, descriptors. */
  async close(options: { check: boolean }): Promise<void> {
    if (this.#process === undefined) await this.start()
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
    if (this.mayLoseShims) await this.#endLostShims()
    left.push(...fifosBelow(this.stateDir).map((path) => `FIFO ${path}`))
    await this.stop()
    const open = await ownDescriptors(this.lab.dir)
    left.push(...open.map((target) => `descriptor of ${target}`))
    if (options.check && left.length > 0) throw new Error(`left behind:\n  ${left.join('\n  ')}`)
  }
}

/** Descriptors of this process below a directory; closing takes a moment. */
async function ownDescriptors(dir: string): Promise<string[]> {
  const look = (): string[] => [...openDescriptors().values()].filter((target) => target.startsWith(dir))
  await eventually('closed descriptors', () => (look().length === 0 ? true : undefined), 1_000).catch(() => {})
  return look()
}

/** Everything left of containers' directories. */
export function fifosBelow(dir: string): string[] {
  if (!existsSync(dir)) return []
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .map((name) => join(dir, name))
    .filter((path) => lstatSync(path).isFIFO())
}

/** Runs a test with a daemon in a lab; what it leaves is looked for only when it has passed. */
export function withDaemon(runtime: string, test: (daemon: Daemon) => Promise<void>): Promise<void> {
  return withLab(async (lab) => {
    const daemon = new Daemon(lab, runtime)
    await daemon.start()
    try {
      await test(daemon)
    } catch (error) {
      await daemon.close({ check: false }).catch((second: unknown) => Object.assign(error as Error, { whileClosing: second }))
      throw error
    }
    await daemon.close({ check: true })
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
