/** Starts the built teu-init in both of its ways and collects what it says. */

import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { patience } from '../../../../tests/harness/wait.ts'
import {
  encodeControl,
  encodePlan,
  findInitBinary,
  type Frame,
  FrameReader,
  NO_SLOT,
  type Plan,
  type Step,
  type StepOf,
} from '../../src/index.ts'

export type FrameOf<K extends Frame['kind']> = Extract<Frame, { kind: K }>

/** Frames as they come; `next` waits for the first of a kind that has not been taken yet. */
export class Frames {
  readonly all: Frame[] = []
  #ended = false
  #waiting: (() => void)[] = []

  add(frames: readonly Frame[]): void {
    this.all.push(...frames)
    this.#wake()
  }

  end(): void {
    this.#ended = true
    this.#wake()
  }

  of<K extends Frame['kind']>(kind: K, tag?: number): FrameOf<K>[] {
    return this.all.filter((frame): frame is FrameOf<K> => frame.kind === kind && (tag === undefined || frame.tag === tag))
  }

  /** The first frame of the kind; rejects when the channel ends without one. */
  async first<K extends Frame['kind']>(kind: K, tag?: number): Promise<FrameOf<K>> {
    for (;;) {
      const [frame] = this.of(kind, tag)
      if (frame) return frame
      if (this.#ended)
        throw new Error(
          `no ${kind} frame came, but ${JSON.stringify(this.all, (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v))}`,
        )
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}

export interface OnceRun {
  readonly child: ChildProcess
  readonly frames: Frames
  /** The control channel, when asked for. */
  readonly control: Duplex | undefined
  readonly stdin: NodeJS.WritableStream | null
  readonly finished: Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string }>
}

const empty: Plan = { parent: [], joiner: [], container: [], after: [] }

/** Starts `teu-init once` with the plan. */
export function startOnce(
  plan: Partial<Plan>,
  options: { control?: boolean; trace?: boolean; extraFds?: readonly number[]; program?: string; under?: readonly string[] } = {},
): OnceRun {
  return startRaw(encodePlan({ ...empty, ...plan }, { tag: 7, trace: options.trace ?? false }), options)
}

/** What comes until the stream ends, or is destroyed by a test. */
async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  return await text(stream).catch(() => '')
}

/** Starts `teu-init ahead`, which takes its plan from the control channel. */
export function startAhead(): OnceRun {
  return start(undefined, { control: true })
}

/** Starts `teu-init once` with these bytes as its request. */
export function startRaw(request: Uint8Array, options: RawOptions = {}): OnceRun {
  return start(request, options)
}

interface RawOptions {
  control?: boolean
  extraFds?: readonly number[]
  program?: string
  under?: readonly string[]
}

function start(request: Uint8Array | undefined, options: RawOptions): OnceRun {
  const stdio: StdioOptions = [
    'pipe',
    'pipe',
    'pipe',
    'pipe',
    'pipe',
    options.control === true ? 'pipe' : 'ignore',
    ...(options.extraFds ?? []),
  ]
  const [program, ...args] = [...(options.under ?? []), options.program ?? findInitBinary(), request ? 'once' : 'ahead'] as const
  const child = spawn(program, args, { stdio, env: { SECRET: 'of the caller' } })
  const frames = new Frames()
  const reader = new FrameReader()
  const status = child.stdio[4] as Duplex
  status.on('data', (chunk: Buffer) => frames.add(reader.push(chunk)))
  status.on('end', () => frames.end())
  const requests = child.stdio[3] as Duplex
  requests.on('error', () => undefined)
  if (request) requests.end(request)
  else requests.destroy()
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal })),
  )
  const finished = Promise.all([ended, textOf(child.stdout as NodeJS.ReadableStream), textOf(child.stderr as NodeJS.ReadableStream)]).then(
    ([{ code, signal }, stdout, stderr]) => ({ code, signal, stdout, stderr }),
  )
  return {
    child,
    frames,
    control: options.control === true ? ((child.stdio as readonly unknown[])[5] as Duplex) : undefined,
    stdin: child.stdin,
    finished,
  }
}

/** Runs a plan to its end. */
export async function runOnce(
  plan: Partial<Plan>,
  options: Parameters<typeof startOnce>[1] = {},
): Promise<Awaited<OnceRun['finished']> & { frames: Frames }> {
  const run = startOnce(plan, options)
  run.stdin?.end()
  return { ...(await run.finished), frames: run.frames }
}

/** A `teu-init spawner`. Containers inherit its stdout and stderr, which are collected. */
export class Spawner implements AsyncDisposable {
  readonly child: ChildProcess
  readonly frames = new Frames()
  readonly channel: Duplex
  readonly stdout: Promise<string>
  readonly #closed: Promise<number | null>

  /** @param under  what it runs under, for example `['unshare', '-n']` */
  constructor(program: string = findInitBinary(), under: readonly string[] = []) {
    const line: readonly string[] = [...under, program, 'spawner']
    this.child = spawn(line[0] as string, line.slice(1), { stdio: ['ignore', 'pipe', 'inherit', 'pipe'], env: {} })
    this.channel = this.child.stdio[3] as Duplex
    const reader = new FrameReader()
    this.channel.on('data', (chunk: Buffer) => this.frames.add(reader.push(chunk)))
    this.channel.on('end', () => this.frames.end())
    this.channel.on('error', () => this.frames.end())
    this.stdout = text(this.child.stdout as NodeJS.ReadableStream)
    this.#closed = new Promise((resolve) => this.child.on('exit', (code) => resolve(code)))
  }

  plan(tag: number, plan: Partial<Plan>, trace = false): void {
    this.channel.write(encodePlan({ ...empty, ...plan }, { tag, trace }))
  }

  control(tag: number, what: 'signal' | 'resize' | 'release', a = 0, b = 0): void {
    this.channel.write(encodeControl({ tag, what, a, b }))
  }

  /** Ends it as the end of its caller would; resolves with its exit status. */
  async close(): Promise<number | null> {
    this.channel.end()
    return await this.#closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** `clone` without new namespaces: needs no rights. */
export const CLONE: StepOf<'clone'> = { op: 'clone', flags: 0, cgroup: NO_SLOT }

export function supervise(changes: Partial<StepOf<'supervise'>> = {}): StepOf<'supervise'> {
  return {
    op: 'supervise',
    quietStart: false,
    forwardSignals: false,
    bindToCaller: true,
    timeoutMs: 0,
    stopSignal: 15,
    graceMs: 1000,
    master: NO_SLOT,
    input: NO_SLOT,
    output: NO_SLOT,
    raw: false,
    ...changes,
  }
}

/** Steps that end a container stage with this program. */
export function exec(...args: readonly string[]): Step[] {
  return [
    { op: 'find_program', candidates: [args[0] ?? ''] },
    { op: 'exec', args, env: ['PATH=/bin:/usr/bin'], fds: [], listenPid: false },
  ]
}

export const shell = (command: string): Step[] => exec('/bin/sh', '-c', command)

/** A supervised process without namespaces. `before` are parent steps between clone and supervise. */
export function supervised(
  container: readonly Step[],
  changes: Partial<StepOf<'supervise'>> = {},
  before: readonly Step[] = [],
): Partial<Plan> {
  return { parent: [CLONE, ...before, supervise(changes)], container }
}

export function hook(command: string, changes: Partial<StepOf<'hook'>> = {}): StepOf<'hook'> {
  const bytes = (value: string): Uint8Array => new TextEncoder().encode(value)
  return {
    op: 'hook',
    path: '/bin/sh',
    args: ['sh', '-c', command],
    env: ['PATH=/bin:/usr/bin'],
    cwd: '/',
    stateHead: bytes('{"pid":'),
    stateTail: bytes('}'),
    timeoutMs: 10_000,
    ...changes,
  }
}

/** A directory that is removed at the end of the scope. */
export function scratch(): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'teu-init-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

/** Resident memory of a process in KiB. */
export function residentKib(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}

/** What one process of teu-init may have in memory; with sanitizers much of it is theirs. */
export const RESIDENT_LIMIT_KIB: number = findInitBinary().includes('sanitized') ? 65_536 : 1024

/** True while the process exists and is no zombie. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Resolves when the condition holds; it is looked at every few milliseconds. */
export async function until(condition: () => boolean, timeoutMs = 5000): Promise<void> {
  for (const end = Date.now() + timeoutMs * patience; !condition(); ) {
    if (Date.now() > end) throw new Error(`not within ${timeoutMs} ms: ${condition.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
