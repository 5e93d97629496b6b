/** Podman's API service, of Debian. */

import { writeFileSync } from 'node:fs'
import type { Lab } from '../../../../tests/harness/lab.ts'
import { Daemon } from './daemon.ts'
import { killStrays } from './strays.ts'

/** See the head of this file. Its containers never need it to live. */
export class PodmanDaemon extends Daemon {
  readonly type = 'podman.io'
  /** Of a removal beside other changes, Podman 4.3 sometimes keeps a half, and then cannot list its containers any more. */
  readonly overlap = 1

  constructor(lab: Lab, socket: string = lab.path('podman.sock')) {
    super(lab, socket)
  }

  protected line(): { command: string[]; env: Record<string, string> } {
    const { lab } = this
    const config = lab.path('containers.conf')
    const lines = [
      '[containers]',
      'default_ulimits = ["nofile=1024:1024", "nproc=1000:1000"]',
      '[engine]',
      'cgroup_manager = "cgroupfs"',
      'events_logger = "file"',
      `events_logfile_path = "${lab.path('events.log')}"`,
      'runtime = "runc"',
      '',
    ]
    writeFileSync(config, lines.join('\n'))
    const own = ['--root', lab.path('storage'), '--runroot', lab.path('run'), '--tmpdir', lab.path('tmp'), '--storage-driver', 'vfs']
    return {
      command: ['podman', ...own, 'system', 'service', '--time=0', `unix://${this.socket}`],
      env: { CONTAINERS_CONF: config },
    }
  }

  override async close(): Promise<void> {
    try {
      await super.close()
    } finally {
      // Podman lets the conmon of an exec live on for five minutes, for those who ask how it ended.
      killStrays(this.lab.mark)
    }
  }
}

/** One whose socket is in a file system that only its own mount namespace has. Without containers: nobody outside can ask for any. */
export class HiddenPodman extends PodmanDaemon {
  constructor(lab: Lab) {
    super(lab, lab.path('hidden/podman.sock'))
  }

  protected override line(): { command: string[]; env: Record<string, string> } {
    const { command, env } = super.line()
    const script = 'mount -t tmpfs tmpfs "$0" && exec "$@"'
    return { command: ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, this.lab.path('hidden'), ...command], env }
  }

  /** Starts it; it answers at /proc/PID/root. */
  async startHidden(): Promise<void> {
    await this.launch((pid) => `/proc/${pid}/root${this.socket}`)
  }
}
