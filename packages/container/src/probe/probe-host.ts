/** Samples the facts of the host on which plans are based. */

import { accessSync, constants, readFileSync, readlinkSync, statfsSync } from 'node:fs'
import { machine, release } from 'node:os'
import type { CgroupFacts, HostFacts } from '../host-facts.ts'
import { CGROUP_TYPES, cgroupFacts } from './cgroup-facts.ts'
import { parseMountinfo } from './mountinfo.ts'
import { parseProcCgroup } from './proc-cgroup.ts'

/** Magic number of cgroup2 in statfs(2), from linux/magic.h. */
const CGROUP2_SUPER_MAGIC = 0x63677270
/** Link text of the initial user namespace: its inode number is fixed in linux/proc_ns.h (PROC_USER_INIT_INO). */
const INITIAL_USER_NAMESPACE = 'user:[4026531837]'
const NAMESPACES = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'time', 'user', 'uts'] as const
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
  const [major = '0', minor = '0'] = release().split('.')
  const euid = process.geteuid?.() ?? 0
  return {
    kernel: [Number.parseInt(major, 10), Number.parseInt(minor, 10)],
    machine: machine(),
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

/** Layout of the cgroup file systems. On a pure v2 host mountinfo, which can be long, is not read. */
export function probeCgroups(root = ''): CgroupFacts {
  const own = parseProcCgroup(readFileSync(`${root}/proc/self/cgroup`, 'utf8'))
  return unifiedFacts(root, own.find((membership) => membership.hierarchy === 0)?.path) ?? mountedFacts(root, own)
}

function unifiedFacts(root: string, ownPath: string | undefined): CgroupFacts | undefined {
  const mountPoint = '/sys/fs/cgroup'
  if (ownPath === undefined) return undefined
  try {
    if (statfsSync(`${root}${mountPoint}`).type !== CGROUP2_SUPER_MAGIC) return undefined
    // Absent when only a part of the hierarchy is mounted: mountinfo then tells which.
    if (ownPath !== '/') accessSync(`${root}${mountPoint}${ownPath}`)
  } catch {
    return undefined
  }
  return { layout: 'v2', v1: [], v2: { mountPoint, ownPath, controllers: readControllers(root, mountPoint) } }
}

function mountedFacts(root: string, own: ReturnType<typeof parseProcCgroup>): CgroupFacts {
  const mounts = parseMountinfo(readFileSync(`${root}/proc/self/mountinfo`, 'utf8'), CGROUP_TYPES)
  return cgroupFacts(mounts, own, (mountPoint) => readControllers(root, mountPoint))
}

function readControllers(root: string, mountPoint: string): string[] {
  const text = readIfThere(`${root}${mountPoint}/cgroup.controllers`)?.trim()
  return text ? text.split(' ') : []
}

/** Reads the `CapEff` line of /proc/PID/status. */
export function effectiveCapabilities(status: string): bigint {
  const digits = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1]
  return digits === undefined ? 0n : BigInt(`0x${digits}`)
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
