/** Host facts for unit tests: one of each layout. */

import type { CgroupFacts, HostFacts } from '../../src/host-facts.ts'
import { type CgroupLocation, locateCgroups } from '../../src/cgroup/locate.ts'

export const V2: CgroupFacts = {
  layout: 'v2',
  v1: [],
  v2: {
    mountPoint: '/sys/fs/cgroup',
    ownPath: '/user.slice/session.scope',
    controllers: ['cpuset', 'cpu', 'io', 'memory', 'hugetlb', 'pids', 'rdma', 'misc'],
  },
}

export const V1: CgroupFacts = {
  layout: 'v1',
  v1: [
    { controllers: ['cpu', 'cpuacct'], mountPoint: '/sys/fs/cgroup/cpu,cpuacct', ownPath: '/own' },
    { controllers: ['memory'], mountPoint: '/sys/fs/cgroup/memory', ownPath: '/own/mem' },
    { controllers: ['name=systemd'], mountPoint: '/sys/fs/cgroup/systemd', ownPath: '/own' },
    { controllers: ['name=openrc'], mountPoint: '/sys/fs/cgroup/openrc', ownPath: '/' },
  ],
}

/** Every v1 controller in a hierarchy of its own, and hugetlb on v2. */
export const HYBRID: CgroupFacts = {
  layout: 'hybrid',
  v1: ['cpu', 'cpuacct', 'cpuset', 'memory', 'devices', 'freezer', 'blkio', 'pids', 'net_cls', 'net_prio', 'name=systemd'].map(
    (controller) => ({
      controllers: [controller],
      mountPoint: `/sys/fs/cgroup/${controller.replace('name=', '')}`,
      ownPath: '/',
    }),
  ),
  v2: { mountPoint: '/sys/fs/cgroup/unified', ownPath: '/', controllers: ['hugetlb'] },
}

export function host(cgroup: CgroupFacts): HostFacts {
  return {
    kernel: [6, 1],
    machine: 'x86_64',
    euid: 0,
    egid: 0,
    rootless: false,
    capabilities: 0x1ffffffffffn,
    lastCapability: 40,
    cgroup,
    apparmor: false,
    selinux: false,
    ownNamespaces: {},
  }
}

/** Location of `/c` in one of the layouts above. */
export function at(facts: CgroupFacts, cgroupsPath = '/c'): CgroupLocation {
  return locateCgroups({ cgroupsPath, id: 'test', manager: 'fs', host: host(facts) })
}

/** Location whose directories are below a temporary folder in place of `/sys/fs/cgroup`. */
export function below(root: string, facts: CgroupFacts): CgroupLocation {
  const move = (path: string): string => path.replace('/sys/fs/cgroup', root)
  return at({
    ...facts,
    v1: facts.v1.map((hierarchy) => ({ ...hierarchy, mountPoint: move(hierarchy.mountPoint) })),
    ...(facts.v2 && { v2: { ...facts.v2, mountPoint: move(facts.v2.mountPoint) } }),
  })
}
