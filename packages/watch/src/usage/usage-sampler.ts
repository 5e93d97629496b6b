/** What containers take of the machine, read from their cgroups: v1, v2, or both. Nothing is asked of an engine. */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { readPid } from '../answers/values.ts'
import type { Cancellable } from '../engine-client.ts'
import type { Container } from '../picture/container.ts'
import { cgroupDirectories, type CgroupMount, parseCgroupMounts } from './cgroup-mounts.ts'
import { type ControllerDirectory, type CounterDirectories, readCounters, type ReadFile } from './counters.ts'
import { FileBudget, KeptFiles, readOnce } from './kept-files.ts'
import { type OwnCgroups, ownCgroups } from './own-cgroup.ts'
import { PidNamespaces } from './pid-namespaces.ts'
import { containerKey, type Usage } from './usage.ts'

/** Options of a {@link UsageSampler}. */
export interface UsageSamplerOptions {
  /** How many files it may keep open; of each container there are four or five. Default 4096, or a quarter of what the process may. */
  readonly maxOpenFiles?: number | undefined
  /** For tests. Default `/proc`. */
  readonly proc?: string | undefined
  /** Time for rates in ms, for tests. Default `performance.now()`. */
  readonly clock?: (() => number) | undefined
}

const MAX_OPEN_FILES = 4096

/** Containers that are read before others get a turn; a millisecond, or two. */
const BATCH = 32
/** How long a container of an engine in another pid namespace is not looked for again when it was not found: that takes a look at all processes. */
const REST_MS = 10_000

/** What is kept of a container between two samples. */
interface Subject extends CounterDirectories {
  readonly pid: number
  readonly files: KeptFiles
  cpuUs?: number | undefined
  atMs?: number | undefined
}

/** Samples the usage of containers. Each sampler has a memory of its own, for the rates, and is for one set of containers: what is not in a
 *  sample is forgotten. Between samples nothing happens. Dispose it to close its files. */
export class UsageSampler implements Disposable {
  readonly #proc: string
  readonly #clock: () => number
  readonly #budget: FileBudget
  readonly #subjects = new Map<string, Subject>()
  /** When those that are elsewhere were looked for in vain. */
  readonly #missedMs = new Map<string, number>()
  #mounts: readonly CgroupMount[] | undefined
  #isDisposed = false

  constructor(options: UsageSamplerOptions = {}) {
    const { proc = '/proc', clock = () => performance.now() } = options
    const { maxOpenFiles = defaultOpenFiles(proc) } = options
    if (!(Number.isInteger(maxOpenFiles) && maxOpenFiles >= 0)) {
      throw new RangeError(`UsageSampler: maxOpenFiles must be an integer >= 0, got ${maxOpenFiles}`)
    }
    this.#proc = proc
    this.#clock = clock
    this.#budget = new FileBudget(maxOpenFiles)
  }

  /** One sample. A container without readable usage is left out: it has ended, or has no cgroup of its own, or its engine is in another pid
   *  namespace and its process not known.
   *  @returns  by {@link containerKey} */
  async sample(containers: Iterable<Container>, { signal }: Cancellable = {}): Promise<ReadonlyMap<string, Usage>> {
    signal?.throwIfAborted()
    const wanted = new Map(Array.from(containers, (container) => [containerKey(container), container]))
    for (const key of [...this.#subjects.keys(), ...this.#missedMs.keys()]) if (!wanted.has(key)) this.#forget(key)
    const round: Round = { readShared: memoised(readOnce), namespaces: new PidNamespaces(this.#proc) }
    const usages = new Map<string, Usage>()
    let count = 0
    for (const [key, container] of wanted) {
      if (count++ % BATCH === BATCH - 1) {
        await nextTurn()
        signal?.throwIfAborted()
      }
      const usage = await this.#sampleOne(key, container, round)
      if (usage !== undefined) usages.set(key, usage)
    }
    return usages
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true
    for (const key of this.#subjects.keys()) this.#forget(key)
  }

  async #sampleOne(key: string, container: Container, { readShared, namespaces }: Round): Promise<Usage | undefined> {
    const { pid } = container
    let subject = this.#subjects.get(key)
    if (subject !== undefined && subject.pid !== pid) {
      this.#forget(key)
      subject = undefined
    }
    subject ??= this.#find(container) ?? (await this.#findElsewhere(key, container, namespaces))
    if (subject === undefined || this.#isDisposed) return undefined
    const { cpuUs, memoryBytes, memoryLimitBytes, pids } = readCounters(subject, subject.files.read, readShared)
    if (cpuUs === undefined && memoryBytes === undefined && pids === undefined) {
      this.#subjects.delete(key)
      subject.files[Symbol.dispose]()
      return undefined
    }
    const atMs = this.#clock()
    const cpuPercent = rate(subject, cpuUs, atMs)
    subject.cpuUs = cpuUs
    subject.atMs = atMs
    this.#subjects.set(key, subject)
    return { cpuPercent, memoryBytes, memoryLimitBytes, pids, sampledAt: new Date() }
  }

  /** Looks for the container's process by the pid that an engine in another pid namespace tells. */
  async #findElsewhere(key: string, container: Container, namespaces: PidNamespaces): Promise<Subject | undefined> {
    const { pid, engine } = container
    if (readPid(engine.pid) === undefined || !namespaces.isElsewhere(engine.pid)) return undefined
    if (this.#clock() - (this.#missedMs.get(key) ?? Number.NEGATIVE_INFINITY) < REST_MS) return undefined
    const here = await namespaces.translate(pid, engine.pid)
    const subject = here === undefined ? undefined : this.#find(container, here)
    if (subject === undefined) this.#missedMs.set(key, this.#clock())
    else this.#missedMs.delete(key)
    return subject
  }

  /** @param here  the number of its process on this machine */
  #find({ id, pid }: Container, here: number = pid): Subject | undefined {
    // It comes from an engine, or from whoever made the container, and would be a path otherwise.
    if (readPid(here) === undefined) return undefined
    const text = readOnce(join(this.#proc, String(here), 'cgroup'))
    if (text === undefined) return undefined
    const own = ownCgroups(text, id)
    const cpu = this.#directory(own, 'cpuacct')
    const memory = this.#directory(own, 'memory')
    const pids = this.#directory(own, 'pids')
    if (cpu === undefined && memory === undefined && pids === undefined) return undefined
    return { pid, cpu, memory, pids, files: new KeptFiles(this.#budget) }
  }

  /** A controller is in a hierarchy of v1 or in that of v2. */
  #directory(own: OwnCgroups, controller: string): ControllerDirectory | undefined {
    this.#mounts ??= parseCgroupMounts(readFileSync(join(this.#proc, 'self/mountinfo'), 'utf8'))
    const v1Path = own.v1.get(controller)
    const [version, path] = v1Path === undefined ? ([2, own.v2] as const) : ([1, v1Path] as const)
    if (path === undefined) return undefined
    const seen = cgroupDirectories(this.#mounts, version === 1 ? controller : undefined, path)
    const found = seen.find((directory) => existsSync(directory.path))
    return found === undefined ? undefined : { version, ...found }
  }

  #forget(key: string): void {
    this.#subjects.get(key)?.files[Symbol.dispose]()
    this.#subjects.delete(key)
    this.#missedMs.delete(key)
  }
}

/** What the containers of one sample share. */
interface Round {
  readonly readShared: ReadFile
  readonly namespaces: PidNamespaces
}

/** Percent of one processor since the sample before. */
function rate(before: Subject, cpuUs: number | undefined, atMs: number): number | undefined {
  if (before.cpuUs === undefined || before.atMs === undefined || cpuUs === undefined) return undefined
  const spanUs = (atMs - before.atMs) * 1000
  return spanUs > 0 && cpuUs >= before.cpuUs ? (100 * (cpuUs - before.cpuUs)) / spanUs : undefined
}

function memoised(read: ReadFile): ReadFile {
  const known = new Map<string, string | undefined>()
  return (path) => {
    if (!known.has(path)) known.set(path, read(path))
    return known.get(path)
  }
}

/** The rest of the files is for what else the process does.
 *  @see proc(5), /proc/PID/limits */
function defaultOpenFiles(proc: string): number {
  const [, soft] = /^Max open files +(\d+)/m.exec(readOnce(join(proc, 'self/limits')) ?? '') ?? []
  return soft === undefined ? MAX_OPEN_FILES : Math.min(MAX_OPEN_FILES, Math.floor(Number(soft) / 4))
}
