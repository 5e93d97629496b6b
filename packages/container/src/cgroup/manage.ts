/** Reading and clearing away the cgroups of a container that exists. */

import { readdirSync, readFileSync, rmdirSync } from 'node:fs'
import { TeuError } from '@teu/spec'
import { freezerHierarchy, memoryHierarchy, ownHierarchies, processHierarchy } from './guard.ts'
import type { CgroupLocation } from './locate.ts'
import { withSuppressed } from './suppressed.ts'

export { applyUpdate } from './apply.ts'

/** First pause before a busy cgroup is removed again; each further one is twice as long. */
const FIRST_PAUSE_MS = 1
const REMOVE_ATTEMPTS = 11

/** Host pids of all processes in the container's cgroup and the cgroups below, sorted. Exact only while the container is paused.
 *  Empty when the cgroup is gone. */
export function readPids(location: CgroupLocation): number[] {
  const hierarchy = processHierarchy(location)
  if (!hierarchy) return []
  const pids = new Set<number>()
  for (const directory of subtree(hierarchy.path)) {
    for (const line of readIfThere(`${directory}/cgroup.procs`)?.split('\n') ?? []) {
      // 0: a process outside of the reader's pid namespace.
      if (line !== '' && line !== '0') pids.add(Number(line))
    }
  }
  return [...pids].sort((a, b) => a - b)
}

/** Whether no process is left. True when the cgroup is gone. */
export function cgroupIsEmpty(location: CgroupLocation): boolean {
  const hierarchy = processHierarchy(location)
  const events = hierarchy?.version === 2 ? readIfThere(`${hierarchy.path}/cgroup.events`) : undefined
  return events === undefined ? readPids(location).length === 0 : !/^populated 1$/m.test(events)
}

/** What the freezer says of the container itself.
 *  - `thawed`: running; also when only a cgroup above is frozen
 *  - `freezing`: asked for, not complete
 *  - `frozen`: paused
 *  - `none`: no freezer, or the cgroup is gone
 *  @see cgroup-v2.rst "cgroup.freeze", cgroup-v1/freezer-subsystem.rst */
export function freezerState(location: CgroupLocation): 'thawed' | 'freezing' | 'frozen' | 'none' {
  const hierarchy = freezerHierarchy(location)
  if (!hierarchy) return 'none'
  return hierarchy.version === 2 ? freezerStateV2(hierarchy.path) : freezerStateV1(hierarchy.path)
}

function freezerStateV2(directory: string): ReturnType<typeof freezerState> {
  const asked = readIfThere(`${directory}/cgroup.freeze`)
  if (asked === undefined) return 'none'
  if (asked.trim() !== '1') return 'thawed'
  return /^frozen 1$/m.test(readIfThere(`${directory}/cgroup.events`) ?? '') ? 'frozen' : 'freezing'
}

function freezerStateV1(directory: string): ReturnType<typeof freezerState> {
  // The kernel works out the state when it is read: a second reading may already be final.
  for (let reading = 0; reading < 2; reading++) {
    const state = readIfThere(`${directory}/freezer.state`)?.trim()
    if (state === undefined) return 'none'
    if (state === 'THAWED' || readIfThere(`${directory}/freezer.self_freezing`)?.trim() === '0') return 'thawed'
    if (state === 'FROZEN') return 'frozen'
  }
  return 'freezing'
}

/** Processes that the kernel has killed in the container for lack of memory; undefined without memory controller. On v2 the cgroups below
 *  are counted in. */
export function readOomKills(location: CgroupLocation): number | undefined {
  const hierarchy = memoryHierarchy(location)
  if (!hierarchy) return undefined
  const text = readIfThere(`${hierarchy.path}/${hierarchy.version === 2 ? 'memory.events' : 'memory.oom_control'}`)
  const count = /^oom_kill (\d+)$/m.exec(text ?? '')?.[1]
  return count === undefined ? undefined : Number(count)
}

/** Removes the container's cgroups with everything below, leaves first. A cgroup whose last processes are just going is tried again, at
 *  most for about a second. What is gone already is fine.
 *  @throws {TeuError} ERR_TEU_CGROUP when processes stay in it; the other hierarchies are removed nevertheless */
export async function removeCgroups(location: CgroupLocation, options: { signal?: AbortSignal } = {}): Promise<void> {
  const results = await Promise.allSettled(ownHierarchies(location).map(({ path }) => removeCgroup(path, options.signal)))
  options.signal?.throwIfAborted()
  const [first, ...suppressed] = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : []))
  if (first) throw withSuppressed(first, suppressed)
}

async function removeCgroup(path: string, signal: AbortSignal | undefined): Promise<void> {
  let cause: NodeJS.ErrnoException | undefined
  for (let attempt = 0; attempt < REMOVE_ATTEMPTS; attempt++) {
    if (attempt > 0)
      await process.getBuiltinModule('node:timers/promises').setTimeout(FIRST_PAUSE_MS << (attempt - 1), undefined, signal && { signal })
    cause = removeTree(path)
    if (cause === undefined) return
    if (cause.code !== 'EBUSY') break
  }
  const errno = cause?.code
  throw new TeuError('ERR_TEU_CGROUP', `Cannot remove the cgroup ${path}: rmdir failed with ${errno}`, {
    path,
    errno,
    syscall: 'rmdir',
    cause,
    remedy: errno === 'EBUSY' ? 'Kill the processes in it first, or look at why they cannot end (state D in ps)' : undefined,
  })
}

/** @returns  the error that came in the way */
function removeTree(path: string): NodeJS.ErrnoException | undefined {
  try {
    for (const directory of subtree(path).reverse()) {
      try {
        rmdirSync(directory)
      } catch (error) {
        if (!isGone(error)) throw error
      }
    }
    return undefined
  } catch (error) {
    return error as NodeJS.ErrnoException
  }
}

/** The cgroup and all below it, parents first. Not recursive: how deep it is was up to the container. */
function subtree(path: string): string[] {
  const directories = [path]
  for (const directory of directories) {
    try {
      for (const entry of readdirSync(directory, { withFileTypes: true })) {
        if (entry.isDirectory()) directories.push(`${directory}/${entry.name}`)
      }
    } catch (error) {
      if (!isGone(error)) throw error
    }
  }
  return directories
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1')
  } catch (error) {
    // EOPNOTSUPP: cgroup.procs of a threaded cgroup; its processes are listed above it.
    if (isGone(error) || (error as NodeJS.ErrnoException).code === 'EOPNOTSUPP') return undefined
    throw error
  }
}

/** ENODEV is what an open file of a removed cgroup says. */
function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENODEV'
}
