/** Where the cgroup file systems are mounted, and which directory is which cgroup. */

import { join } from 'node:path'

/** A mounted hierarchy. */
export interface CgroupMount {
  /** Controllers of a v1 hierarchy; undefined for v2. */
  readonly controllers: readonly string[] | undefined
  /** The cgroup that is seen at the mount point, named as in /proc/PID/cgroup: relative to our own cgroup namespace. */
  readonly root: string
  readonly mountPoint: string
}

/** Cgroup mounts in /proc/self/mountinfo: `ID PARENT MAJ:MIN ROOT MOUNTPOINT OPTIONS [TAG…] - TYPE SOURCE SUPEROPTIONS`.
 *  @see proc(5), cgroup_namespaces(7) */
export function parseCgroupMounts(mountinfo: string): CgroupMount[] {
  return mountinfo.split('\n').flatMap((line): CgroupMount[] => {
    const [mount = '', fileSystem = ''] = line.split(' - ')
    const [type, , options = ''] = fileSystem.split(' ')
    if (type !== 'cgroup' && type !== 'cgroup2') return []
    const [, , , root = '', mountPoint = ''] = mount.split(' ')
    const controllers = type === 'cgroup' ? options.split(',') : undefined
    return [{ controllers, root: unescaped(root), mountPoint: unescaped(mountPoint) }]
  })
}

/** Directories at which a cgroup can be seen, and for each the mount point above it.
 *  @param controller  of a v1 hierarchy; undefined for v2
 *  @param path  as in /proc/PID/cgroup */
export function cgroupDirectories(mounts: readonly CgroupMount[], controller: string | undefined, path: string): CgroupDirectory[] {
  return mounts.flatMap(({ controllers, root, mountPoint }) => {
    if (controller === undefined ? controllers !== undefined : controllers?.includes(controller) !== true) return []
    const below = pathBelow(root, path)
    return below === undefined ? [] : [{ path: join(mountPoint, below), mountPoint }]
  })
}

/** A cgroup in the file system. */
export interface CgroupDirectory {
  readonly path: string
  readonly mountPoint: string
}

/** Outside of our cgroup namespace both begin with `/..`, and are compared as they are. What still leads upwards after that is not below
 *  the mount: joined with it, it would be somebody else's directory. */
function pathBelow(root: string, path: string): string | undefined {
  const prefix = root === '/' ? '' : root
  if (path !== root && !path.startsWith(`${prefix}/`)) return undefined
  const below = path.slice(prefix.length)
  return below.split('/').includes('..') ? undefined : below
}

/** Space, tab, line end and backslash are octal there. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}
