/** Runs system calls and programs under a compiled filter, on the kernel of this machine. */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { patience } from '../../../../tests/harness/wait.ts'
import type { CompiledSeccomp } from '../../src/seccomp/compile.ts'

/** A system call: through the native entry, or (x86_64) through the 32-bit one. */
export interface ProbeCall {
  readonly abi?: 64 | 32
  readonly number: number
  readonly args?: readonly (number | bigint)[]
}

export interface ProgramResult {
  readonly status: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

/** The probe program, compiled into a directory of its own. */
export class SeccompProbe implements Disposable {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'teu-seccomp-'))
  readonly #program: string = join(this.directory, 'seccomp-probe')
  readonly #filter: string = join(this.directory, 'filter.bpf')

  constructor() {
    const source = join(import.meta.dirname, 'seccomp-probe.c')
    const built = spawnSync('cc', ['-O1', '-Wall', '-Wextra', '-Werror', '-o', this.#program, source], { encoding: 'utf8' })
    if (built.status !== 0) throw new Error(`cannot compile the probe: ${built.stderr || String(built.error)}`)
  }

  /** What the kernel does with each call: `ret VALUE`, `trap ERRNO` or `signal NUMBER`. */
  calls(filter: CompiledSeccomp, calls: readonly ProbeCall[]): string[] {
    const lines = calls.map(({ abi = 64, number, args = [] }) => [abi, number, ...[...args, 0, 0, 0, 0, 0, 0].slice(0, 6)].join(' '))
    const { stdout, stderr, status } = this.#run(filter, ['calls'], `${lines.join('\n')}\n`)
    if (status !== 0) throw new Error(`the probe failed: ${stderr}`)
    return stdout.trimEnd().split('\n')
  }

  /** Runs a program to its end. */
  exec(filter: CompiledSeccomp, argv: readonly string[]): ProgramResult {
    return this.#run(filter, ['exec', ...argv], '')
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true })
  }

  #run(filter: CompiledSeccomp, args: readonly string[], input: string): ProgramResult {
    writeFileSync(this.#filter, filter.program)
    const options = { input, encoding: 'utf8', timeout: 30_000 * patience, cwd: this.directory } as const
    const { status, signal, stdout, stderr } = spawnSync(this.#program, [this.#filter, String(filter.flags), ...args], options)
    return { status, signal, stdout, stderr }
  }
}
