/** Reader for /proc/PID/cgroup (cgroups(7)). */

/** Membership of a process in one hierarchy. */
export interface CgroupMembership {
  /** 0 is the v2 hierarchy. */
  readonly hierarchy: number
  /** v1 controllers, or one `name=…`; empty for v2. */
  readonly controllers: readonly string[]
  /** Path from the root of the reader's cgroup namespace. */
  readonly path: string
}

/** Parses /proc/PID/cgroup. Lines that are not in the kernel's format are left out. */
export function parseProcCgroup(text: string): CgroupMembership[] {
  const memberships: CgroupMembership[] = []
  for (const line of text.split('\n')) {
    // The path may hold colons of its own: only the first two separate fields.
    const first = line.indexOf(':')
    const second = line.indexOf(':', first + 1)
    if (first <= 0 || second < 0) continue
    const controllers = line.slice(first + 1, second)
    memberships.push({
      hierarchy: Number(line.slice(0, first)),
      controllers: controllers === '' ? [] : controllers.split(','),
      path: line.slice(second + 1) || '/',
    })
  }
  return memberships
}
