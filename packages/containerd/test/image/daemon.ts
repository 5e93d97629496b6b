/** A containerd of a test's own: its config, data and socket lie in the test's directory. */

import { existsSync, readdirSync } from 'node:fs'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { it } from 'vitest'
import { ContainerdDaemon } from '../../../../tests/harness/containerd-daemon.ts'
import { withinShareOf } from '../../../../tests/harness/deadline.ts'
import { describeIf, needsPrograms, needsRoot, type Requirement } from '../../../../tests/harness/requirements.ts'
import { withLab } from '../../../../tests/harness/in-lab.ts'
import type { Lab, Result } from '../../../../tests/harness/lab.ts'
import { eventually } from '../../../../tests/harness/wait.ts'
import { Containerd } from '../../src/containerd.ts'
import { openGrpcTransport } from '../../src/rpc/grpc-transport.ts'
import { createServices, type Services } from '../../src/rpc/services.ts'
import type { Transport } from '../../src/rpc/transport.ts'
import { endShims } from '../support/end-shims.ts'
import { runc } from '../support/runtimes.ts'

/** What containerd holds in one namespace; empty lists after a test that leaves nothing. */
export interface Holdings {
  readonly blobs: readonly string[]
  readonly ingests: readonly string[]
  readonly snapshots: readonly string[]
  readonly images: readonly string[]
  readonly leases: readonly string[]
  readonly containers: readonly string[]
}

export class Daemon {
  readonly #lab: Lab
  #daemon: ContainerdDaemon
  #transport: Transport | undefined
  #services: Services | undefined
  #client: Containerd | undefined
  readonly address: string
  readonly namespace: string

  constructor(lab: Lab) {
    this.#lab = lab
    this.#daemon = this.#make([])
    this.address = this.#daemon.socket
    this.namespace = lab.mark
  }

  get services(): Services {
    if (this.#services === undefined) throw new Error('the daemon has not been started')
    return this.#services
  }

  #make(disabledPlugins: readonly string[]): ContainerdDaemon {
    return new ContainerdDaemon(this.#lab.dir, { spawn: (command) => this.#lab.spawn(command), disabledPlugins })
  }

  /** @param disabled  further plugins to leave out */
  async start(disabled: readonly string[] = []): Promise<void> {
    this.#daemon = this.#make(disabled)
    await this.#daemon.start()
    this.#transport ??= await openGrpcTransport(this.address)
    this.#services = createServices(this.#transport, { namespace: this.namespace, callTimeoutMs: 30_000, address: this.address })
  }

  /** A client, disposed with the daemon. */
  async client(): Promise<Containerd> {
    this.#client ??= await Containerd.connect({
      address: this.address,
      namespace: this.namespace,
      stateDir: this.#lab.path('fifos'),
      runtime: { name: 'io.containerd.runc.v2', options: { root: this.#lab.path('runc') } },
    })
    return this.#client
  }

  /** Ends the daemon and starts it again. */
  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  stop(signal?: NodeJS.Signals): Promise<void> {
    return this.#daemon.stop(signal)
  }

  /** Ends tasks and containers, then the daemon: shims would outlive it. */
  async close(): Promise<void> {
    await this.#disconnect()
    for (const id of (await this.ctr('container', 'ls', '--quiet')).stdout.split('\n').filter((line) => line !== '')) {
      await this.ctr('task', 'rm', '--force', id)
      await this.ctr('container', 'rm', id)
    }
    await this.stop()
  }

  /** The same whatever state it is in. */
  async end(): Promise<void> {
    await this.#disconnect()
    await this.stop('SIGKILL')
    const root = join(this.#lab.path('runc'), this.namespace)
    await endShims(this.#lab, this.address, this.#daemon.state, { runtime: runc, root })
  }

  async #disconnect(): Promise<void> {
    await this.#client?.[Symbol.asyncDispose]()
    this.#transport?.close()
  }

  /** Second opinion: containerd's own client. */
  ctr(...args: readonly string[]): Promise<Result> {
    return this.#lab.command(['ctr', '--address', this.address, '--namespace', this.namespace, ...args])
  }

  async holdings(snapshotter: string = 'overlayfs'): Promise<Holdings> {
    const { services } = this
    const blobs: string[] = []
    for await (const { info } of services.content.list({})) blobs.push(...info.map(({ digest }) => digest))
    const snapshots: string[] = []
    for await (const { info } of services.snapshots.list({ snapshotter })) snapshots.push(...info.map(({ name }) => name))
    return {
      blobs,
      snapshots,
      ingests: (await services.content.listStatuses({})).statuses.map(({ ref }) => ref),
      images: (await services.images.list({})).images.map(({ name }) => name),
      leases: (await services.leases.list({})).leases.map(({ id }) => id),
      containers: (await services.containers.list({})).containers.map(({ id }) => id),
    }
  }

  /** Runs a garbage collection: the deletion of a lease can be asked to wait for one. */
  async collectGarbage(): Promise<void> {
    const id = `gc-${randomUUID()}`
    await this.services.leases.create({ id })
    await this.services.leases.delete({ id, sync: true })
  }

  /** Files of blobs and directories of snapshots on disk, whoever they belong to. */
  onDisk(): { blobs: string[]; snapshots: string[]; ingests: string[] } {
    const names = (path: string): string[] => {
      const dir = join(this.#daemon.root, path)
      return existsSync(dir) ? readdirSync(dir) : []
    }
    const content = 'io.containerd.content.v1.content'
    return {
      blobs: names(`${content}/blobs/sha256`),
      ingests: names(`${content}/ingest`),
      snapshots: names('io.containerd.snapshotter.v1.overlayfs/snapshots'),
    }
  }

  /** Waits until nothing is left, on record or on disk. */
  async expectEmpty(): Promise<void> {
    await this.collectGarbage()
    let left = ''
    await eventually('an empty daemon', async () => {
      left = JSON.stringify({ ...(await this.holdings()), disk: this.onDisk() })
      return /"(?:[^"]+)":\[[^\]]/.test(left) ? undefined : true
    }).catch(() => {
      throw new Error(`left behind: ${left}`)
    })
  }
}

/** Declares one test; it gets a daemon and a lab of its own. */
export type DaemonTest = (name: string, test: (daemon: Daemon, lab: Lab) => Promise<void>) => void

/** Declares a group of tests with a daemon each. */
export function daemonTests(name: string, body: (test: DaemonTest) => void, requires?: Requirement): void {
  describeIf(name, [needsRoot, needsPrograms('containerd', 'ctr', 'runc', 'busybox'), requires], () =>
    body((title, test) => it(title, ({ task }) => withLab((lab) => withDaemon(lab, task.timeout, test)))),
  )
}

/** A test that fails or hangs leaves neither daemon nor shims. */
async function withDaemon(lab: Lab, testTimeoutMs: number, test: (daemon: Daemon, lab: Lab) => Promise<void>): Promise<void> {
  const daemon = new Daemon(lab)
  try {
    await withinShareOf(testTimeoutMs, async () => {
      await daemon.start()
      await test(daemon, lab)
      await daemon.close()
    })
  } catch (error) {
    await daemon.end().catch((second: unknown) => Object.assign(error as Error, { whileClosing: second }))
    throw error
  }
}
