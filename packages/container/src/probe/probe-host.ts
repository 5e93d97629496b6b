/** Samples the facts of the host on which plans are based. */

import { accessSync, constants, readFileSync, readlinkSync, statfsSync } from 'node:fs'
import type { CgroupFacts, CgroupV1Hierarchy, HostFacts } from '../host-facts.ts'
import { CGROUP_TYPES, cgroupFacts } from './cgroup-facts.ts'
import { parseMountinfo } from './mountinfo.ts'
import { type CgroupMembership, parseProcCgroup } from './proc-cgroup.ts'

/** Types of file systems in statfs(2), from linux/magic.h. */
const CGROUP_SUPER_MAGIC = 0x27e0eb
const CGROUP2_SUPER_MAGIC = 0x63677270
/** Link text of the initial user namespace: its inode number is fixed in linux/proc_ns.h (PROC_USER_INIT_INO). */
const INITIAL_USER_NAMESPACE = 'user:[4026531837]'
const NAMESPACES = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'time', 'user', 'uts'] as const
/** uname(2)'s words for what this program was compiled for. A 32-bit personality, which changes uname(2), does not change these. */
const MACHINES: Readonly<Record<string, string>> = {
  x64: 'x86_64',
  arm64: 'aarch64',
  riscv64: 'riscv64',
  s390x: 's390x',
  loong64: 'loongarch64',
}
const ID_MAP_DIRECTORIES = ['/usr/bin', '/usr/local/bin', '/bin', '/usr/sbin', '/sbin']

export interface ProbeOptions {
  /** Directory that stands in for `/` when files are read. Default: none. */
  root?: string
}

/** Reads what plans depend on. Nothing is spawned, and nothing is written. Facts that only some containers need are read when they are
 *  first asked for, and kept: the result stays one sample.
 *  @see proc(5), cgroups(7), uname(2) */
export function probeHost(options: ProbeOptions = {}): HostFacts {
  const root = options.root ?? ''
  const euid = process.geteuid?.() ?? 0
  return {
    get kernel() {
      return keep(this, 'kernel', kernelVersion(readFileSync(`${root}/proc/sys/kernel/osrelease`, 'latin1')))
    },
    machine: MACHINES[process.arch] ?? process.getBuiltinModule('node:os').machine(),
    euid,
    egid: process.getegid?.() ?? 0,
    get rootless() {
      return keep(this, 'rootless', euid !== 0 || readlinkSync(`${root}/proc/self/ns/user`) !== INITIAL_USER_NAMESPACE)
    },
    get capabilities() {
      return keep(this, 'capabilities', effectiveCapabilities(readFileSync(`${root}/proc/self/status`, 'latin1')))
    },
    get lastCapability() {
      return keep(this, 'lastCapability', Number(readFileSync(`${root}/proc/sys/kernel/cap_last_cap`, 'latin1')))
    },
    get cgroup() {
      return keep(this, 'cgroup', probeCgroups(root))
    },
    get apparmor() {
      return keep(this, 'apparmor', (readIfThere(`${root}/sys/module/apparmor/parameters/enabled`) ?? 'N').startsWith('Y'))
    },
    get selinux() {
      return keep(this, 'selinux', readIfThere(`${root}/sys/fs/selinux/enforce`) !== undefined)
    },
    get newuidmap() {
      return keep(this, 'newuidmap', findIdMapHelper(root, 'newuidmap')) as string
    },
    get newgidmap() {
      return keep(this, 'newgidmap', findIdMapHelper(root, 'newgidmap')) as string
    },
    get ownNamespaces() {
      return keep(this, 'ownNamespaces', readNamespaces(root))
    },
  }
}

/** Replaces a getter by its value. */
function keep<T>(facts: HostFacts, name: keyof HostFacts, value: T): T {
  Object.defineProperty(facts, name, { value, enumerable: true })
  return value
}

function kernelVersion(release: string): readonly [major: number, minor: number] {
  const [major = '0', minor = '0'] = release.split('.')
  return [Number.parseInt(major, 10), Number.parseInt(minor, 10)]
}

/** Layout of the cgroup file systems. Where everything is in its usual place, mountinfo, which can be long, is not read. */
export function probeCgroups(root = ''): CgroupFacts {
  const own = parseProcCgroup(readFileSync(`${root}/proc/self/cgroup`, 'utf8'))
  try {
    return usualFacts(root, own)
  } catch {
    const mounts = parseMountinfo(readFileSync(`${root}/proc/self/mountinfo`, 'utf8'), CGROUP_TYPES)
    return cgroupFacts(mounts, own, (mountPoint) => readControllers(root, mountPoint))
  }
}

/** Throws when a hierarchy is not where distributions mount it. */
function usualFacts(root: string, own: readonly CgroupMembership[]): CgroupFacts {
  const isUnified = statfsSync(`${root}/sys/fs/cgroup`).type === CGROUP2_SUPER_MAGIC
  const v1: CgroupV1Hierarchy[] = []
  let v2: CgroupFacts['v2']
  for (const { controllers, path } of own) {
    if (controllers.length === 0) {
      const mountPoint = isUnified ? '/sys/fs/cgroup' : '/sys/fs/cgroup/unified'
      checkHierarchy(root, mountPoint, path, CGROUP2_SUPER_MAGIC)
      v2 = { mountPoint, ownPath: path, controllers: readControllers(root, mountPoint) }
    } else if (!isUnified) {
      const mountPoint = `/sys/fs/cgroup/${controllers.join(',').replace('name=', '')}`
      checkHierarchy(root, mountPoint, path, CGROUP_SUPER_MAGIC)
      v1.push({ controllers, mountPoint, ownPath: path })
    }
  }
  if (!v2) throw new Error('no v2 membership')
  return { layout: isUnified ? 'v2' : 'hybrid', v1, v2 }
}

/** The own cgroup is absent below when only a part of the hierarchy is mounted there; mountinfo then tells which. */
function checkHierarchy(root: string, mountPoint: string, ownPath: string, magic: number): void {
  if (statfsSync(`${root}${mountPoint}`).type !== magic) throw new Error('not a cgroup file system')
  if (ownPath.startsWith('/..')) throw new Error('outside of the cgroup namespace')
  if (ownPath !== '/') accessSync(`${root}${mountPoint}${ownPath}`)
}

function readControllers(root: string, mountPoint: string): string[] {
  const text = readIfThere(`${root}${mountPoint}/cgroup.controllers`)?.trim()
  return text ? text.split(' ') : []
}

/** Reads the `CapEff` line of /proc/PID/status. */
export function effectiveCapabilities(status: string): bigint {
  const name = '\nCapEff:\t'
  const at = `\n${status}`.indexOf(name)
  return at < 0 ? 0n : BigInt(`0x${status.slice(at + name.length - 1, at + name.length + 15)}`)
}

/** The directories are fixed: a helper that maps ids is not searched in the caller's PATH. */
function findIdMapHelper(root: string, name: string): string | undefined {
  return ID_MAP_DIRECTORIES.map((directory) => `${directory}/${name}`).find((path) => {
    try {
      accessSync(`${root}${path}`, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

function readNamespaces(root: string): Record<string, string> {
  const links: Record<string, string> = {}
  for (const name of NAMESPACES) {
    try {
      links[name] = readlinkSync(`${root}/proc/self/ns/${name}`)
    } catch {
      // A kernel built without this namespace type has no link for it.
    }
  }
  return links
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return undefined
  }
}
