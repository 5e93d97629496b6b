/** Names of cgroups as they may come from a config or a command line. Pure. */

import { fitsBytes, holdsControlCharacter, TeuError } from '@teu/spec'

/** Checks a cgroup path and takes empty and `.` components out. It can be joined below any directory and stays there.
 *  @returns components; none for an empty path and for `/`
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID for `..`, control characters, and components that no directory can have as its name */
export function cgroupComponents(path: string, what: string, pointer?: string): string[] {
  const components: string[] = []
  for (const component of path.split('/')) {
    if (component === '' || component === '.') continue
    components.push(component)
    const problem = problemOf(component)
    if (problem) {
      throw new TeuError('ERR_TEU_CONFIG_INVALID', `${what}: ${problem}, got ${JSON.stringify(path.slice(0, 200))}`, { pointer })
    }
  }
  if (!fitsBytes(path, 4000)) {
    throw new TeuError('ERR_TEU_CONFIG_INVALID', `${what}: a cgroup path has at most 4000 bytes`, { pointer })
  }
  return components
}

/** Files of every v1 cgroup that have no controller's name in front. */
const PLAIN_FILES: readonly string[] = ['tasks', 'notify_on_release', 'release_agent']
/** What a dot and a name follow in the names of all other files. @see cgroup-v1, cgroup-v2.rst "Avoid Name Collisions" */
// biome-ignore format: one word per line tells nothing
const FILE_PREFIXES: readonly string[] = [
  'cgroup', 'cpu', 'cpuacct', 'cpuset', 'memory', 'io', 'blkio', 'pids', 'devices', 'freezer', 'hugetlb', 'rdma', 'misc', 'net_cls',
  'net_prio', 'perf_event', 'irq', 'debug',
]

function problemOf(component: string): string | undefined {
  if (component === '..') return 'must not go up with ".."'
  // A newline would also make a second line in /proc/PID/cgroup, which everybody parses by lines.
  if (holdsControlCharacter(component)) return 'must not hold control characters'
  if (isControlFile(component)) return 'no component may have the name of a control file'
  if (!fitsBytes(component, 255)) return 'no component may be longer than 255 bytes'
  return undefined
}

/** Names that are files in a cgroup, or may become one. */
function isControlFile(name: string): boolean {
  const dot = name.indexOf('.')
  return dot < 0 ? PLAIN_FILES.includes(name) : FILE_PREFIXES.includes(name.slice(0, dot))
}
