/** The `teu` command on a containerd of the test's own: from source on Node, and as it is built. */

import { expect, it } from 'vitest'
import { type Daemon, fifosBelow, withDaemon } from '../../../containerd/test/support/daemon.ts'
import { daemonRequirements, runc } from '../../../containerd/test/support/runtimes.ts'
import { removeRuncRoot, RUNC_ROOT } from '../../../containerd/test/support/runc-root.ts'
import type { Child } from '../../../../tests/harness/child.ts'
import type { CommandOptions, Lab, Result } from '../../../../tests/harness/lab.ts'
import { describeIf, needsPrograms } from '../../../../tests/harness/requirements.ts'
import { patience } from '../../../../tests/harness/wait.ts'
import { PROGRAMS } from '../support/programs.ts'

const TIMEOUT_MS = 180_000

/** One test's daemon, and `teu` for it. */
export class HostLab {
  readonly daemon: Daemon
  readonly #line: readonly string[]

  constructor(daemon: Daemon, line: readonly string[]) {
    this.daemon = daemon
    this.#line = line
  }

  get lab(): Lab {
    return this.daemon.lab
  }

  get socket(): string {
    return this.daemon.socket
  }

  get rootfs(): string {
    return this.daemon.rootfs
  }

  /** State of `teu`. */
  get root(): string {
    return this.lab.path('teu')
  }

  /** The whole line of a command. */
  line(...args: readonly string[]): string[] {
    return [...this.#line, '--root', this.root, '--host', `containerd://${this.socket}`, '--namespace', this.daemon.namespace, ...args]
  }

  /** Runs a command to its end. */
  run(args: readonly string[], options: CommandOptions = {}): Promise<Result> {
    return this.lab.command(this.line(...args), options)
  }

  /** Runs one that must succeed. @returns its stdout */
  async ok(...args: readonly string[]): Promise<string> {
    const result = await this.run(args)
    expect(result, args.join(' ')).toMatchObject({ status: 0, stderr: '' })
    return result.stdout
  }

  /** `run` of a script in the test's root directory. */
  script(script: string, ...options: readonly string[]): string[] {
    return ['run', ...options, '--rootfs', this.rootfs, '--', 'sh', '-c', script]
  }

  /** Starts a command, with pipes. */
  spawn(...args: readonly string[]): Child {
    return this.lab.spawn(this.line(...args))
  }

  /** Starts a command on a terminal of 99 columns and 33 rows, whose other end are the child's pipes. Its name is in the file `tty`. */
  onTerminal(...args: readonly string[]): Child {
    const quoted = this.line(...args).map((arg) => `'${arg.replaceAll("'", `'\\''`)}'`)
    const script = `stty cols 99 rows 33; tty >'${this.lab.path('tty')}'; exec ${quoted.join(' ')}`
    return this.lab.spawn(['script', '--quiet', '--return', '--flush', '--command', script, '/dev/null'])
  }

  /** Nothing of containers is left in the daemon or beside it. */
  async expectNothing(): Promise<void> {
    expect(await this.ok('ps', '--all', '--quiet')).toBe('')
    expect(fifosBelow(this.root)).toEqual([])
    const client = await this.daemon.client()
    const snapshots: string[] = []
    for await (const { info } of client.services.snapshots.list({ snapshotter: 'overlayfs' })) {
      snapshots.push(...info.filter(({ kind }) => kind !== 3).map(({ name }) => name))
    }
    expect(snapshots).toEqual([])
  }
}

/** Declares one test; it gets a daemon of its own. */
export type HostTest = (name: string, test: (host: HostLab) => Promise<void>) => void

/** A group of tests, for each way to run `teu`. */
export function withEachTeu(group: string, body: (test: HostTest) => void): void {
  for (const { name, line, missing } of PROGRAMS) {
    describeIf(`${group} ${name}`, [...daemonRequirements, needsPrograms('script'), missing], () =>
      body((title, test) => {
        it(title, { timeout: TIMEOUT_MS * patience }, async ({ task }) => {
          let namespace = ''
          try {
            await withDaemon(runc, task.timeout, (daemon) => {
              namespace = daemon.namespace
              daemon.runtimeRoot = RUNC_ROOT
              return test(new HostLab(daemon, line))
            })
          } finally {
            if (namespace !== '') removeRuncRoot(namespace)
          }
        })
      }),
    )
  }
}
