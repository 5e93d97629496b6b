/** A process that does nothing, for as long as this one lives. */

import { type ChildProcess, spawn } from 'node:child_process'
import { findInitBinary } from '@teu/init'

/** teu-init that waits for a plan which never comes: it reads from us, so it ends with us, however we end. */
export class IdleProcess {
  readonly #child: ChildProcess
  readonly #ended: Promise<void>

  private constructor(child: ChildProcess, ended: Promise<void>) {
    this.#child = child
    this.#ended = ended
  }

  static async start(): Promise<IdleProcess> {
    const child = spawn(findInitBinary(), ['once'], {
      argv0: 'teu-init',
      env: {},
      cwd: '/',
      detached: true,
      // Request and status: it refuses to begin without them. An ignored one above 2 would be a closed one.
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    })
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', reject)
    })
    return new IdleProcess(child, ended)
  }

  get pid(): number {
    return this.#child.pid as number
  }

  /** Kills the process and waits until it is gone from its cgroup, also from the count of its processes. */
  async end(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }
}
