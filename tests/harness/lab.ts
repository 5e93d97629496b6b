/** One test's own world: a directory, a state root, a cgroup and container names that nobody else has, and a check that nothing remains. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { baseConfig, type Config } from './base-config.ts'
import { type Bundle, makeBundle, writeConfig } from './bundle.ts'
import { removeCgroup } from './cgroups.ts'
import { Child } from './child.ts'
import { assertNoLeaks, killLeft } from './leaks.ts'
import { runtimePath } from './runtime.ts'
import { eventually, patience } from './wait.ts'

/** How a command of the runtime ended, and what it said. */
export interface Result {
  /** Exit status; 128 + n when signal n ended it. */
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** Options of one command. */
export interface CommandOptions {
  readonly input?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  readonly timeoutMs?: number
  /** Descriptors for 3, 4, … of the command. */
  readonly fds?: readonly number[]
  /** Global options of the runtime, before the command. */
  readonly globals?: readonly string[]
}

/** A container that the lab has made. */
export interface Box {
  readonly id: string
  readonly bundle: Bundle
  readonly cgroupsPath: string
  /** What `create` printed, and what the container prints later. */
  readonly created: Result
  /** Current content of the container's stdout and stderr. */
  output(): { stdout: string; stderr: string }
}

/** The part of a state document that tests look at. */
export interface State {
  readonly ociVersion: string
  readonly id: string
  readonly status: string
  readonly pid?: number
  readonly bundle: string
  readonly annotations?: Readonly<Record<string, string>>
}

const SIGNAL_BASE = 128
let labs = 0

/** See the head of this file. Close it at the end of the test; `conforms()` does. */
export class Lab {
  /** In every name that this test makes. */
  readonly mark: string = `teut${process.pid}x${labs++}`
  readonly dir: string
  /** State root of the runtime, given as `--root`. */
  readonly root: string
  #count = 0
  readonly #children: Child[] = []
  /** Commands under way; a test that is given up leaves some. */
  readonly #commands = new Set<ChildProcess>()
  readonly #fds: number[] = []

  constructor() {
    this.dir = mkdtempSync(join(tmpdir(), `${this.mark}-`))
    // Roots of user namespaces must be able to reach their bundles.
    chmodSync(this.dir, 0o711)
    this.root = join(this.dir, 'root')
    mkdirSync(this.root, { mode: 0o700 })
  }

  /** Environment of every program that this test starts. */
  get env(): Record<string, string | undefined> {
    return { PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, TEU_TEST_MARK: this.mark, XDG_RUNTIME_DIR: process.env['XDG_RUNTIME_DIR'] }
  }

  /** A new container name. */
  id(): string {
    return `${this.mark}-${this.#count++}`
  }

  /** A descriptor that appends to a file of the lab; closed with the lab. */
  logFd(name: string): number {
    const fd = openSync(this.path(name), 'a')
    this.#fds.push(fd)
    return fd
  }

  /** A path in the lab's directory. */
  path(name: string): string {
    return join(this.dir, name)
  }

  /** cgroup of a container by its name. */
  cgroupsPath(id: string): string {
    return `/${this.mark}/${id}`
  }

  /** A new bundle that runs `args`. */
  bundle(args: readonly string[] = ['/bin/true'], change?: (config: Config, bundle: Bundle) => void, id: string = this.id()): Bundle {
    const bundle = makeBundle(this.path(`bundle-${this.#count++}`), baseConfig(args, this.cgroupsPath(id)))
    change?.(bundle.config, bundle)
    writeConfig(bundle)
    return bundle
  }

  /** Runs the runtime with files as standard streams, so that containers may keep them, and waits for the command's end. */
  async runtime(args: readonly string[], options: CommandOptions = {}): Promise<Result> {
    return (await this.#command([runtimePath, '--root', this.root, ...(options.globals ?? []), ...args], options)).result
  }

  /** Like {@link runtime}, but any program. */
  async command(command: readonly string[], options: CommandOptions = {}): Promise<Result> {
    return (await this.#command(command, options)).result
  }

  async #command(command: readonly string[], options: CommandOptions): Promise<{ result: Result; files: readonly [string, string] }> {
    const base = this.path(`out-${this.#count++}`)
    const files = [`${base}.stdout`, `${base}.stderr`] as const
    if (options.input !== undefined) writeFileSync(`${base}.stdin`, options.input)
    const fds = [
      openSync(options.input === undefined ? '/dev/null' : `${base}.stdin`, 'r'),
      openSync(files[0], 'a'),
      openSync(files[1], 'a'),
    ]
    try {
      const [file = '', ...args] = command
      const child = spawn(file, args, {
        stdio: [...fds, ...(options.fds ?? [])],
        cwd: options.cwd ?? this.dir,
        env: { ...this.env, ...options.env },
        timeout: (options.timeoutMs ?? 30_000) * patience,
        killSignal: 'SIGKILL',
      })
      this.#commands.add(child)
      child.once('exit', () => this.#commands.delete(child))
      const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
      if (signal === 'SIGKILL' && child.killed) throw new Error(`no answer in time from: ${command.join(' ')}`)
      const status = code ?? SIGNAL_BASE + constants.signals[signal ?? 'SIGKILL']
      return { result: { status, stdout: readFileSync(files[0], 'utf8'), stderr: readFileSync(files[1], 'utf8') }, files }
    } finally {
      for (const fd of fds) closeSync(fd)
    }
  }

  /** Runs the runtime and rejects unless it exits with 0; resolves with its stdout. */
  async ok(...args: readonly string[]): Promise<string> {
    const result = await this.runtime(args)
    if (result.status !== 0) throw new Error(`${args.join(' ')}: status ${result.status}: ${result.stderr.trim()}`)
    return result.stdout
  }

  /** Starts the runtime, or another program, and leaves it running, with pipes; ended with the lab at the latest. */
  spawn(
    command: readonly string[],
    options: { cwd?: string; env?: Readonly<Record<string, string>>; stdio?: ('pipe' | 'ignore' | number)[] } = {},
  ): Child {
    const child = new Child(command, {
      cwd: options.cwd ?? this.dir,
      env: { ...this.env, ...options.env },
      stdio: options.stdio ?? ['pipe', 'pipe', 'pipe'],
    })
    this.#children.push(child)
    return child
  }

  /** The runtime's own command line, for {@link spawn}. */
  line(...args: readonly string[]): string[] {
    return [runtimePath, '--root', this.root, ...args]
  }

  /** `run` in the foreground of a new container. */
  async run(
    args: readonly string[],
    change?: (config: Config, bundle: Bundle) => void,
    options: CommandOptions & { flags?: readonly string[] } = {},
  ): Promise<Result> {
    const id = this.id()
    const bundle = this.bundle(args, change, id)
    return this.runtime(['run', ...(options.flags ?? []), '--bundle', bundle.dir, id], options)
  }

  /** Runs the probe in a new container and resolves with one value per fact, each given as the probe's arguments. */
  async probe(
    facts: readonly (readonly string[])[],
    change?: (config: Config, bundle: Bundle) => void,
    options: CommandOptions & { flags?: readonly string[] } = {},
  ): Promise<unknown[]> {
    const args = facts.flatMap((fact, n) => (n === 0 ? fact : ['--', ...fact]))
    const result = await this.run(['/probe', ...args], change, options)
    if (result.status !== 0) throw new Error(`probe: status ${result.status}: ${result.stderr.trim()}`)
    return result.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown)
  }

  /** One fact of a new container. */
  async fact<T>(
    fact: readonly string[],
    change?: (config: Config, bundle: Bundle) => void,
    options: CommandOptions & { flags?: readonly string[] } = {},
  ): Promise<T> {
    return (await this.probe([fact], change, options))[0] as T
  }

  /** `create`, which must succeed. */
  async create(
    args: readonly string[] = ['/bin/sleep', '1000'],
    change?: (config: Config, bundle: Bundle) => void,
    options: CommandOptions & { flags?: readonly string[] } = {},
  ): Promise<Box> {
    const id = this.id()
    const bundle = this.bundle(args, change, id)
    const line = [...(options.globals ?? []), 'create', ...(options.flags ?? []), '--bundle', bundle.dir, id]
    const { result, files } = await this.#command([runtimePath, '--root', this.root, ...line], options)
    if (result.status !== 0) throw new Error(`create: status ${result.status}: ${result.stderr.trim()}`)
    const output = (): { stdout: string; stderr: string } => ({
      stdout: readFileSync(files[0], 'utf8'),
      stderr: readFileSync(files[1], 'utf8'),
    })
    return { id, bundle, cgroupsPath: this.cgroupsPath(id), created: result, output }
  }

  /** `create` and `start`. */
  async start(
    args?: readonly string[],
    change?: (config: Config, bundle: Bundle) => void,
    options: CommandOptions & { flags?: readonly string[] } = {},
  ): Promise<Box> {
    const box = await this.create(args, change, options)
    await this.ok('start', box.id)
    return box
  }

  /** The state document of a container. */
  async state(id: string): Promise<State> {
    return JSON.parse(await this.ok('state', id)) as State
  }

  /** Waits until a container has printed `count` whole lines, and resolves with all of its stdout. */
  output(box: Box, count: number): Promise<string> {
    return eventually(`${count} lines from ${box.id}`, () => {
      const { stdout } = box.output()
      return stdout.split('\n').length > count ? stdout : undefined
    })
  }

  /** Waits until a container has a status. */
  async until(id: string, status: string): Promise<State> {
    const deadline = performance.now() + 10_000 * patience
    for (;;) {
      const state = await this.state(id)
      if (state.status === status) return state
      if (performance.now() > deadline) throw new Error(`${id} is ${state.status}, not ${status}`)
    }
  }

  /** Ends what is left of the test's containers and programs; with `check`, rejects when anything remains after that. */
  async close(options: { check: boolean }): Promise<void> {
    for (const child of this.#children) await child[Symbol.asyncDispose]()
    for (const child of this.#commands) child.kill('SIGKILL')
    for (const fd of this.#fds) closeSync(fd)
    for (const name of existsSync(this.root) ? readdirSync(this.root) : []) {
      await this.runtime(['delete', '--force', name])
    }
    let problem: Error | undefined
    if (options.check) {
      await assertNoLeaks(this.mark).catch((error: unknown) => {
        problem = error as Error
      })
      const left = existsSync(this.root) ? readdirSync(this.root).filter((name) => name.includes(this.mark)) : []
      if (left.length > 0) problem ??= new Error(`left behind in the state root: ${left.join(', ')}`)
    }
    // Whatever is left has been reported by now; the machine is to be clean in any case, and the first failure is the one to show.
    killLeft(this.mark)
    await eventually('empty cgroups', () => (removeCgroup(`/${this.mark}`) ? true : undefined)).catch(() => undefined)
    rmSync(this.dir, { recursive: true, force: true })
    if (problem !== undefined) throw problem
  }
}
