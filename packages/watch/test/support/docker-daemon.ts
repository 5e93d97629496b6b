/** dockerd of Debian, without a network. */

import { existsSync, rmdirSync, writeFileSync } from 'node:fs'
import { removeCgroup } from '../../../../tests/harness/cgroups.ts'
import { ContainerdDaemon } from '../../../../tests/harness/containerd-daemon.ts'
import type { Lab } from '../../../../tests/harness/lab.ts'
import { eventually } from '../../../../tests/harness/wait.ts'
import { Daemon } from './daemon.ts'
import { killStrays } from './strays.ts'

/** dockerd makes these whatever it is told. */
const FIXED_DIRECTORIES = ['/run/docker/plugins', '/run/docker']

/** See the head of this file. Containers survive it, as with `live-restore`: they belong to a containerd of their own. dockerd's own one
 *  would not start again after it was killed, on a machine whose process 1 is slow to bury the dead. */
export class DockerDaemon extends Daemon {
  readonly type = 'docker.com'
  readonly overlap = 3
  readonly #made: readonly string[] = FIXED_DIRECTORIES.filter((dir) => !existsSync(dir))
  readonly #containerd: ContainerdDaemon
  readonly #namespace: string

  /** @param namespace  where in its containerd its containers are */
  constructor(lab: Lab, socket: string = lab.path('docker.sock'), namespace: string = 'moby') {
    super(lab, socket)
    this.#containerd = new ContainerdDaemon(lab.path('ctd'), { spawn: (command) => lab.spawn(command) })
    this.#namespace = namespace
  }

  get containerdSocket(): string {
    return this.#containerd.socket
  }

  get containerdPid(): number {
    return this.#containerd.pid
  }

  override async start(): Promise<void> {
    if (!this.#containerd.isRunning) await this.#containerd.start()
    await super.start()
  }

  protected line(): { command: string[]; env: Record<string, string> } {
    const { lab } = this
    writeFileSync(lab.path('daemon.json'), '{}')
    const places = ['--data-root', lab.path('docker'), '--exec-root', lab.path('exec'), '--pidfile', lab.path('docker.pid')]
    const network = ['--bridge=none', '--iptables=false', '--ip6tables=false', '--ip-forward=false', '--ip-masq=false']
    const rest = ['--config-file', lab.path('daemon.json'), '--storage-driver=overlay2', '--live-restore', '--log-level=error']
    const containerd = ['--containerd', this.containerdSocket, '--containerd-namespace', this.#namespace]
    return { command: ['dockerd', '--host', `unix://${this.socket}`, ...containerd, ...places, ...network, ...rest], env: {} }
  }

  override async close(): Promise<void> {
    try {
      await super.close()
    } finally {
      await this.#containerd[Symbol.asyncDispose]()
      // A dockerd that is killed at a bad moment forgets a shim, and its successor does not look for it. Nobody else removes its cgroup.
      killStrays(this.lab.mark)
      await eventually('empty cgroups', () => (removeCgroup(`/${this.lab.mark}`) ? true : undefined))
      // With live-restore dockerd leaves its data mounted over itself.
      await this.lab.command(['umount', '--lazy', this.lab.path('docker')])
    }
    for (const dir of this.#made) {
      try {
        rmdirSync(dir)
      } catch {
        // Another engine is at home there by now.
      }
    }
  }
}
