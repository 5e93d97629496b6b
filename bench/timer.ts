/** The C programs of the benches, compiled on the fly: timer.c, which starts command lines and measures them, and floor.c. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'

/** Compiles `<name>.c` into `dir` and returns the program's path. */
export function compileProgram(name: 'timer' | 'floor', dir: string): string {
  const output = join(dir, name)
  execFileSync('gcc', ['-std=gnu11', '-O2', '-static', '-o', output, join(import.meta.dirname, `${name}.c`)])
  return output
}

function parse(line: string, command: readonly string[]): number {
  const [nanoseconds, failed] = line.split(' ').map(Number)
  if (nanoseconds === undefined || failed !== 0) throw new Error(`a run failed; try it by hand: ${command.join(' ')}`)
  return nanoseconds / 1e6
}

/** One command line, run as often as asked. */
export class Timer implements AsyncDisposable {
  readonly #command: readonly string[]
  readonly #child: ChildProcess
  readonly #lines: Interface

  constructor(timer: string, command: readonly string[]) {
    this.#command = command
    const child = spawn(timer, command, { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#child = child
    this.#lines = createInterface({ input: child.stdout })
  }

  /** Runs it once; milliseconds from vfork to the end of wait. */
  async run(): Promise<number> {
    this.#child.stdin?.write('\n')
    const [line] = (await once(this.#lines, 'line')) as [string]
    return parse(line, this.#command)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin?.end()
    await once(this.#child, 'exit')
  }
}

/** Runs a command `total` times, `width` at a time; milliseconds for all of them. */
export function timeTogether(timer: string, width: number, total: number, command: readonly string[]): number {
  return parse(execFileSync(timer, ['-p', String(width), '-n', String(total), ...command], { encoding: 'utf8' }), command)
}
