/** Runs plans through the built teu-init and collects what it reports; and the steps that most plans have in common. */

import { spawnSync } from 'node:child_process'
import { chmodSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { makeRootfs } from '../../../../tests/harness/bundle.ts'
import { patience } from '../../../../tests/harness/wait.ts'
import { encodePlan, type Frame, FrameReader, findInitBinary, NO_SLOT, type Plan, type Step, type StepOf } from '../../src/index.ts'

export const CLONE_NEWNS = 0x20000
export const CLONE_NEWUTS = 0x4000000
export const CLONE_NEWIPC = 0x8000000
export const CLONE_NEWPID = 0x20000000
export const CLONE_NEWNET = 0x40000000
export const MS_SLAVE = 1 << 19

/** The slot that {@link inRoot} keeps the container's root in; the other slots are free. */
export const ROOT = 0

export interface Failure {
  readonly op: string
  readonly syscall: string
  readonly errno: string
  readonly path: string
  readonly detail: string
}

export interface Outcome {
  /** The first failure of the plan, in whatever stage. */
  readonly failure?: Failure
  /** Exit code of the program, 128 + signal when one killed it; absent when it never ran. */
  readonly status?: number
  readonly stdout: string
  readonly stderr: string
  readonly frames: readonly Frame[]
}

export interface RunOptions {
  /** What teu-init runs under, for example `['unshare', '-n']`. */
  readonly under?: readonly string[]
  /** Descriptor for the program's stdin; none by default. */
  readonly stdin?: number
}

function failureIn(frames: readonly Frame[]): Failure | undefined {
  const frame = frames.find((one) => one.kind === 'failed')
  if (frame?.kind !== 'failed') return undefined
  return { op: frame.op, syscall: frame.syscall, errno: frame.errno, path: frame.path, detail: frame.detail }
}

function statusIn(frames: readonly Frame[]): number | undefined {
  const frame = frames.find((one) => one.kind === 'exited')
  if (frame?.kind !== 'exited') return undefined
  const status = frame.waitStatus
  return (status & 0x7f) === 0 ? status >> 8 : 128 + (status & 0x7f)
}

/** Runs a plan to its end. */
export function runPlan(plan: Partial<Plan>, options: RunOptions = {}): Outcome {
  const dir = mkdtempSync(join(tmpdir(), 'teu-plan-'))
  try {
    writeFileSync(join(dir, 'plan'), encodePlan({ parent: [], joiner: [], container: [], after: [], ...plan }, { tag: 1, trace: false }))
    const request = openSync(join(dir, 'plan'), 'r')
    const status = openSync(join(dir, 'status'), 'ax+')
    const [command, ...args] = [...(options.under ?? []), findInitBinary(), 'once']
    const stdio = [options.stdin ?? ('ignore' as const), 'pipe' as const, 'pipe' as const, request, status, 'ignore' as const]
    const result = spawnSync(command, args, { stdio, timeout: 40_000 * patience, encoding: 'utf8' })
    const frames = new FrameReader().push(readFileSync(join(dir, 'status')))
    closeSync(request)
    closeSync(status)
    if (result.error) throw result.error
    const [failure, exit] = [failureIn(frames), statusIn(frames)]
    return {
      ...(failure && { failure }),
      ...(exit !== undefined && { status: exit }),
      stdout: result.stdout,
      stderr: result.stderr,
      frames,
    }
  } finally {
    rmSync(dir, { recursive: true })
  }
}

const SUPERVISE: StepOf<'supervise'> = {
  op: 'supervise',
  quietStart: false,
  forwardSignals: false,
  bindToCaller: false,
  timeoutMs: 20_000,
  stopSignal: 9,
  graceMs: 0,
  master: NO_SLOT,
  input: NO_SLOT,
  output: NO_SLOT,
  raw: false,
}

/** The end of a container stage: a program. */
export function program(...args: readonly string[]): Step[] {
  const env = ['PATH=/bin', 'PROBE=1']
  return [
    { op: 'find_program', candidates: [args[0] ?? ''] },
    { op: 'exec', args, env, fds: [], listenPid: false },
  ]
}

/** A shell command as the program. */
export const shell = (command: string): Step[] => program('/bin/sh', '-c', command)

export interface PlanOptions {
  /** CLONE_NEW* bits; mount and pid namespace by default. */
  readonly flags?: number
  /** Parent steps before and after the clone. */
  readonly before?: readonly Step[]
  readonly after?: readonly Step[]
  readonly supervise?: Partial<StepOf<'supervise'>>
}

/** A plan that clones a process with new namespaces, runs `container` in it, and stays until it has ended. A plan that is to fail needs
 *  no program of its own. */
export function processPlan(container: readonly Step[], options: PlanOptions = {}): Partial<Plan> {
  const complete = container.some((step) => step.op === 'exec') ? container : [...container, ...shell('true')]
  const clone: Step = { op: 'clone', flags: options.flags ?? CLONE_NEWNS | CLONE_NEWPID, cgroup: NO_SLOT }
  return {
    parent: [...(options.before ?? []), clone, ...(options.after ?? []), { ...SUPERVISE, ...options.supervise }],
    container: complete,
  }
}

export const newMount = (slot: number, type: string, options: readonly string[] = [], attrs = 0): StepOf<'new_mount'> => ({
  op: 'new_mount',
  slot,
  type,
  source: type,
  options,
  attrs,
})

export function attach(mount: number, path: string, changes: Partial<StepOf<'attach'>> = {}): StepOf<'attach'> {
  return { op: 'attach', mount, root: ROOT, path, create: 1, noSymlinks: false, overProc: false, keep: false, ...changes }
}

export function openTree(slot: number, path: string, changes: Partial<StepOf<'open_tree'>> = {}): StepOf<'open_tree'> {
  return { op: 'open_tree', slot, root: NO_SLOT, path, recursive: false, noSymlinks: false, ...changes }
}

/** The container stage of a plan whose root is `rootfs`: `setup` runs before the root is switched, `then` after that. */
export function inRoot(rootfs: string, setup: readonly Step[], then: readonly Step[]): Step[] {
  return [
    { op: 'set_propagation', root: NO_SLOT, propagation: MS_SLAVE, recursive: true },
    openTree(ROOT, rootfs, { recursive: true }),
    { op: 'attach_root', mount: ROOT, path: '' },
    ...setup,
    { op: 'pivot_root', root: ROOT },
    ...then,
  ]
}

/** procfs on /proc, as a part of `setup`. */
export const proc = (slot = 4000): Step[] => [newMount(slot, 'proc'), attach(slot, '/proc', { noSymlinks: true })]

/** A directory for the tests of a file, with a root file system `rootfs` in it. */
export function testDir(): { readonly dir: string; readonly rootfs: string; fresh(): string } {
  const place = {
    dir: '',
    rootfs: '',
    /** Another root file system, for a test that spoils it. */
    fresh(): string {
      const rootfs = mkdtempSync(join(place.dir, 'root-'))
      makeRootfs(rootfs)
      chmodSync(rootfs, 0o755)
      return rootfs
    },
  }
  beforeAll(() => {
    place.dir = mkdtempSync(join(tmpdir(), 'teu-ops-'))
    place.rootfs = place.fresh()
  })
  afterAll(() => rmSync(place.dir, { recursive: true, force: true }))
  return place
}
