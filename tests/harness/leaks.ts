/**
 * What a test may leave behind: nothing. Every test has a mark, a name that no other test has; it is part of the names of its
 * directories, containers and cgroups and of the environment of the programs that it starts. So leaks are found by name,
 * also on a machine on which other containers come and go.
 */

import { readdirSync, readFileSync, readlinkSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from './wait.ts'

/** statfs(2) types of cgroup v1 and v2. */
const CGROUP_MAGIC = new Set([0x27e0eb, 0x63677270])
const SAMPLE_LINKS = ['cwd', 'root', 'exe']

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function link(file: string): string {
  try {
    return readlinkSync(file)
  } catch {
    return ''
  }
}

function names(dir: string): string[] {
  try {
    return readdirSync(dir)
  } catch {
    return []
  }
}

function directories(dir: string): string[] {
  try {
    return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [join(dir, entry.name)] : []))
  } catch {
    return []
  }
}

/** Why the process belongs to the mark, or undefined. Zombies belong to nobody. */
function relation(pid: string, mark: string): string | undefined {
  const proc = join('/proc', pid)
  const stat = read(join(proc, 'stat'))
  if (stat === '' || /^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2))) return undefined
  for (const file of ['cgroup', 'cmdline', 'environ']) if (read(join(proc, file)).includes(mark)) return file
  for (const name of SAMPLE_LINKS) if (link(join(proc, name)).includes(mark)) return name
  const open = names(join(proc, 'fd')).find((fd) => link(join(proc, 'fd', fd)).includes(mark))
  return open === undefined ? undefined : `fd ${open} (${link(join(proc, 'fd', open))})`
}

/** Kills what is still in a cgroup of that mark: the last resort for a runtime that has lost a container. */
export function killLeft(mark: string): void {
  for (const pid of names('/proc').filter((name) => /^\d+$/.test(name))) {
    if (!read(join('/proc', pid, 'cgroup')).includes(`/${mark}/`)) continue
    try {
      process.kill(Number(pid), 'SIGKILL')
    } catch {
      // It has just ended by itself.
    }
  }
}

function processes(mark: string): string[] {
  return names('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      const why = relation(pid, mark)
      return why === undefined ? [] : [`process ${pid} (${read(`/proc/${pid}/comm`).trim()}): ${why}`]
    })
}

function mounts(mark: string): string[] {
  return read('/proc/self/mountinfo')
    .split('\n')
    .filter((line) => line.includes(mark))
    .map((line) => `mount ${line.split(' ')[4]}`)
}

function isCgroup(dir: string): boolean {
  try {
    return CGROUP_MAGIC.has(statfsSync(dir).type)
  } catch {
    return false
  }
}

function cgroupsBelow(dir: string, mark: string): string[] {
  return directories(dir).flatMap((path) => {
    return [...(path.includes(mark) && isCgroup(path) ? [path] : []), ...cgroupsBelow(path, mark)]
  })
}

/** cgroup directories whose path holds the mark, in every hierarchy. */
export function cgroupsOf(mark: string): string[] {
  return cgroupsBelow('/sys/fs/cgroup', mark)
}

/** Everything of that mark that is still there: processes, mounts and cgroups, one line each. The empty parent that all cgroups of a
 *  test have in common is not counted, because no runtime removes what is above a container's own cgroup, nor podman's for its conmons. */
export function findLeaks(mark: string): string[] {
  const cgroups = cgroupsOf(mark).filter((path) => !path.endsWith(`/${mark}`) && !path.endsWith(`/${mark}/conmon`))
  return [...processes(mark), ...mounts(mark), ...cgroups.map((path) => `cgroup ${path}`)]
}

/** Rejects with the list when something of that mark is still there after a moment (the kernel needs one to bury the dead). */
export async function assertNoLeaks(mark: string, timeoutMs: number = 3_000): Promise<void> {
  let leaks: string[] = []
  await eventually(
    'no leaks',
    () => {
      leaks = findLeaks(mark)
      return leaks.length === 0 ? true : undefined
    },
    timeoutMs,
  ).catch(() => {
    throw new Error(`left behind:\n  ${leaks.join('\n  ')}`)
  })
}

/** Descriptors of this process, number → what they are; for tests of the library. */
export function openDescriptors(): Map<number, string> {
  const open = names('/proc/self/fd').map((name) => [Number(name), link(`/proc/self/fd/${name}`)] as const)
  return new Map(open.filter(([, target]) => target !== ''))
}
