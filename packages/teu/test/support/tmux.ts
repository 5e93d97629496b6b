/** A terminal that a test types on and reads: a window of a tmux of its own. */

import type { Lab, Result } from '../../../../tests/harness/lab.ts'
import { eventually } from '../../../../tests/harness/wait.ts'

let windows = 0

/** See the head of this file. */
export class Tmux implements AsyncDisposable {
  readonly #lab: Lab
  readonly #socket: string

  /** A window with a shell command in it. */
  static async open(lab: Lab, size: { readonly columns: number; readonly rows: number }, command: string): Promise<Tmux> {
    const tmux = new Tmux(lab)
    const { columns, rows } = size
    await tmux.#do(
      '-u',
      '-f',
      '/dev/null',
      'new-session',
      '-d',
      '-x',
      String(columns),
      '-y',
      String(rows),
      command,
      ';',
      'set',
      'status',
      'off',
    )
    // The line of the status has taken one.
    await tmux.resize(columns, rows)
    return tmux
  }

  private constructor(lab: Lab) {
    this.#lab = lab
    this.#socket = lab.path(`tmux${windows++}`)
  }

  /** Presses keys: characters, or names such as `Enter`, `Escape`, `C-c`, `PageDown`. */
  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.#do('send-keys', key)
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#do('resize-window', '-x', String(columns), '-y', String(rows))
  }

  /** The lines that are on the screen, without the spaces at their ends. */
  async screen(): Promise<string[]> {
    const { stdout } = await this.#do('capture-pane', '-p')
    return stdout.replace(/\n$/, '').split('\n')
  }

  /** Waits for a screen that passes. @returns it */
  async until(what: string, isRight: (lines: readonly string[]) => boolean, timeoutMs: number = 20_000): Promise<string[]> {
    let last: readonly string[] = []
    try {
      return await eventually(
        what,
        async () => {
          const lines = await this.screen()
          last = lines
          return isRight(lines) ? lines : undefined
        },
        timeoutMs,
      )
    } catch (cause) {
      throw new Error(`${what}: not on the screen:\n${last.join('\n')}`, { cause })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lab.command(['tmux', '-S', this.#socket, 'kill-server'])
  }

  async #do(...args: readonly string[]): Promise<Result> {
    const env = { TERM: 'xterm-256color', LC_ALL: 'C.UTF-8' }
    const result = await this.#lab.command(['tmux', '-S', this.#socket, ...args], { env })
    if (result.status !== 0) throw new Error(`tmux ${args.join(' ')}: ${result.stderr}`)
    return result
  }
}
