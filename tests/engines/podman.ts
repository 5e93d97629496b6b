/** podman for tests: its containers and files belong to the lab. */

import { expect } from 'vitest'
import { makeRootfs } from '../harness/bundle.ts'
import type { Child } from '../harness/child.ts'
import type { EngineTest } from '../harness/engine-tests.ts'
import type { Lab, Result } from '../harness/lab.ts'
import { runtimePath } from '../harness/runtime.ts'

/** Options of {@link Podman}. */
export interface PodmanOptions {
  /** Default `cgroupfs`, below a cgroup of the lab's own; with `systemd` units are below machine.slice. */
  readonly cgroupManager?: 'cgroupfs' | 'systemd'
}

/** podman with storage, state and cgroups of its own, below the lab. */
export class Podman {
  readonly #lab: Lab
  readonly rootfs: string
  readonly #cgroupManager: string
  #count = 0

  constructor(lab: Lab, options: PodmanOptions = {}) {
    this.#lab = lab
    this.#cgroupManager = options.cgroupManager ?? 'cgroupfs'
    this.rootfs = lab.path('rootfs')
    makeRootfs(this.rootfs)
  }

  line(...args: readonly string[]): string[] {
    const own = ['--root', this.#lab.path('storage'), '--runroot', this.#lab.path('run'), '--tmpdir', this.#lab.path('tmp')]
    const drivers = ['--storage-driver', 'vfs', '--cgroup-manager', this.#cgroupManager, '--events-backend', 'none']
    return ['podman', ...own, ...drivers, '--runtime', runtimePath, ...args]
  }

  /** `run` with the limits that every machine allows, and the lab's cgroup. */
  runLine(flags: readonly string[], ...command: readonly string[]): string[] {
    const limits = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1000:1000']
    const parent = this.#cgroupManager === 'systemd' ? [] : ['--cgroup-parent', `/${this.#lab.mark}`]
    const network = flags.includes('--network') ? [] : ['--network', 'none']
    return this.line('run', ...limits, ...parent, ...network, ...flags, '--rootfs', this.rootfs, ...command)
  }

  do(...args: readonly string[]): Promise<Result> {
    return this.#lab.command(this.line(...args))
  }

  run(flags: readonly string[], ...command: readonly string[]): Promise<Result> {
    return this.#lab.command(this.runLine(flags, ...command))
  }

  /** A container in the background; resolves with its name. */
  async start(flags: readonly string[], ...command: readonly string[]): Promise<string> {
    const name = `${this.#lab.mark}-${this.#count++}`
    const result = await this.run(['--detach', '--name', name, ...flags], ...command)
    expect(result).toMatchObject({ status: 0, stderr: '' })
    return name
  }

  /** A field of `inspect`. */
  async inspect(name: string, field: string): Promise<string> {
    return (await this.do('inspect', '--format', `{{${field}}}`, name)).stdout.trim()
  }

  /** `run` or `exec` behind a terminal of ours (script(1) makes one), with its typescript in a file. */
  terminal(...line: readonly string[]): Child {
    const quoted = line.map((word) => `'${word}'`).join(' ')
    return this.#lab.spawn(['script', '--quiet', '--return', '--command', quoted, '/dev/null'])
  }
}

/** Declares a test with a podman of its own. */
export type PodmanTest = (name: string, body: (podman: Podman, lab: Lab) => Promise<void>) => void

/** Like a group's `test`, for tests with podman, all containers of which are removed in the end. */
export const withPodman =
  (test: EngineTest, options: PodmanOptions = {}): PodmanTest =>
  (name, body) =>
    test(name, async (lab) => {
      const engine = new Podman(lab, options)
      try {
        await body(engine, lab)
      } finally {
        await engine.do('rm', '--all', '--force', '--time', '0')
      }
    })
