/** Debian's containerd with a configuration, root, state and socket of its own. The one place that starts it for tests and benches. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Child } from './child.ts'

/** Plugins that a machine may lack what they need for, and none of which these daemons need. */
const DISABLED_PLUGINS = [
  'grpc.v1.cri',
  'internal.v1.opt',
  'snapshotter.v1.btrfs',
  'snapshotter.v1.zfs',
  'snapshotter.v1.aufs',
  'snapshotter.v1.devmapper',
]
/** What it logs when it serves. */
const BOOTED = 'containerd successfully booted'
const BOOT_TIMEOUT_MS = 30_000

/** What may differ from one daemon to the next. */
export interface ContainerdDaemonOptions {
  /** Starts the program; a plain {@link Child} when absent. */
  readonly spawn?: (command: readonly string[]) => Child
  /** Further plugins to leave out: `snapshotter.v1.overlayfs`. */
  readonly disabledPlugins?: readonly string[]
  /** The program; a path or a name in PATH. */
  readonly program?: string
}

/** See the head of this file. Disposing kills the daemon; shims outlive it. */
export class ContainerdDaemon implements AsyncDisposable {
  readonly socket: string
  /** Where blobs, snapshots and records are. */
  readonly root: string
  /** Where bundles are. */
  readonly state: string
  readonly #command: readonly string[]
  readonly #spawn: (command: readonly string[]) => Child
  #child: Child | undefined

  /** @param dir  for everything that the daemon makes; made when it is not there */
  constructor(dir: string, options: ContainerdDaemonOptions = {}) {
    const { spawn = (command) => new Child(command), disabledPlugins = [], program = 'containerd' } = options
    mkdirSync(dir, { recursive: true })
    this.socket = join(dir, 'containerd.sock')
    this.root = join(dir, 'data')
    this.state = join(dir, 'state')
    this.#spawn = spawn
    const config = join(dir, 'config.toml')
    const disabled = [...DISABLED_PLUGINS, ...disabledPlugins].map((name) => `"io.containerd.${name}"`)
    const lines = [
      'version = 2',
      `root = "${this.root}"`,
      `state = "${this.state}"`,
      `disabled_plugins = [${disabled.join(', ')}]`,
      '[grpc]',
      `address = "${this.socket}"`,
    ]
    writeFileSync(config, `${lines.join('\n')}\n`)
    // One that is killed leaves its temporary directories, which are to go with the rest.
    this.#command = ['env', `TMPDIR=${dir}`, program, '--config', config]
  }

  /** 0 when it does not run. */
  get pid(): number {
    return this.#child?.process.pid ?? 0
  }

  get isRunning(): boolean {
    return this.#child !== undefined
  }

  /** Resolves when it serves; rejects when it ends before, or takes too long. */
  async start(): Promise<void> {
    this.#child = this.#spawn(this.#command)
    await this.#child.stderr.waitFor((line) => line.includes(BOOTED), BOOT_TIMEOUT_MS)
  }

  /** Resolves when the program has ended. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#child?.process.kill(signal)
    await this.#child?.ended
    this.#child = undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child?.[Symbol.asyncDispose]()
    this.#child = undefined
  }
}
