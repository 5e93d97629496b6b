/** The numbers in the files of a container's cgroup. */

import { dirname, join } from 'node:path'

/** As the kernel has counted until now; undefined where there is no such controller, or no such cgroup any more. */
export interface Counters {
  /** Processor time in all. */
  readonly cpuUs: number | undefined
  readonly memoryBytes: number | undefined
  readonly memoryLimitBytes: number | undefined
  readonly pids: number | undefined
}

/** Where one controller's files of the container are. */
export interface ControllerDirectory {
  readonly version: 1 | 2
  readonly path: string
  readonly mountPoint: string
}

/** Directories by what is counted there. */
export interface CounterDirectories {
  readonly cpu: ControllerDirectory | undefined
  readonly memory: ControllerDirectory | undefined
  readonly pids: ControllerDirectory | undefined
}

/** Text of a file; undefined when it is not there. */
export type ReadFile = (path: string) => string | undefined

/** Reads all counters.
 *  @param read  the container's own files
 *  @param readShared  files of cgroups above, which other containers share
 *  @see cgroup-v2.rst; cgroup-v1/memory.rst, cpuacct.rst, pids.rst of the kernel's documentation */
export function readCounters({ cpu, memory, pids }: CounterDirectories, read: ReadFile, readShared: ReadFile): Counters {
  const memoryNow =
    memory === undefined ? NO_MEMORY : memory.version === 1 ? memoryOfV1(memory, read) : memoryOfV2(memory, read, readShared)
  return {
    cpuUs: cpu === undefined ? undefined : cpu.version === 1 ? cpuOfV1(cpu, read) : cpuOfV2(cpu, read),
    ...memoryNow,
    pids: pids === undefined ? undefined : numberOf(read(join(pids.path, 'pids.current'))),
  }
}

type Memory = Pick<Counters, 'memoryBytes' | 'memoryLimitBytes'>

const NO_MEMORY: Memory = { memoryBytes: undefined, memoryLimitBytes: undefined }

/** v1 has a number for "no limit" that depends on the page size; it is more than any machine has. */
const ENDLESS_BYTES = 2 ** 62

function cpuOfV1({ path }: ControllerDirectory, read: ReadFile): number | undefined {
  const ns = numberOf(read(join(path, 'cpuacct.usage')))
  return ns === undefined ? undefined : ns / 1000
}

function cpuOfV2({ path }: ControllerDirectory, read: ReadFile): number | undefined {
  return valueIn(read(join(path, 'cpu.stat')), 'usage_usec')
}

/** The `total_` numbers and the hierarchical limit include the cgroups below, and the limits above. */
function memoryOfV1({ path }: ControllerDirectory, read: ReadFile): Memory {
  const statistics = read(join(path, 'memory.stat'))
  const limit = valueIn(statistics, 'hierarchical_memory_limit')
  return {
    memoryBytes: without(numberOf(read(join(path, 'memory.usage_in_bytes'))), valueIn(statistics, 'total_inactive_file')),
    memoryLimitBytes: limit === undefined || limit >= ENDLESS_BYTES ? undefined : limit,
  }
}

function memoryOfV2({ path, mountPoint }: ControllerDirectory, read: ReadFile, readShared: ReadFile): Memory {
  let limit = numberOf(read(join(path, 'memory.max'))) ?? Number.POSITIVE_INFINITY
  // At the mount point there is the root, which has no limit, or what we cannot see beyond.
  for (let above = dirname(path); above.startsWith(`${mountPoint}/`); above = dirname(above)) {
    limit = Math.min(limit, numberOf(readShared(join(above, 'memory.max'))) ?? limit)
  }
  return {
    memoryBytes: without(numberOf(read(join(path, 'memory.current'))), valueIn(read(join(path, 'memory.stat')), 'inactive_file')),
    memoryLimitBytes: Number.isFinite(limit) ? limit : undefined,
  }
}

/** Both are read one after the other, and the cache may have grown in between. */
function without(bytes: number | undefined, cacheBytes: number = 0): number | undefined {
  return bytes === undefined ? undefined : Math.max(0, bytes - cacheBytes)
}

/** Undefined for what is no number, such as `max`. */
function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+\n?$/.test(text) ? Number(text) : undefined
}

/** Value in a file of lines `NAME VALUE`. */
function valueIn(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined
  const at = text.startsWith(`${name} `) ? 0 : text.indexOf(`\n${name} `) + 1
  if (at === 0 && !text.startsWith(`${name} `)) return undefined
  const from = at + name.length + 1
  const end = text.indexOf('\n', from)
  return numberOf(text.slice(from, end < 0 ? undefined : end))
}
