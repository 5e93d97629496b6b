import { describe, expect, it } from 'vitest'
import { cgroupFacts } from './cgroup-facts.ts'
import { parseMountinfo } from './mountinfo.ts'
import { parseProcCgroup } from './proc-cgroup.ts'

const facts = (mountinfo: string, cgroup: string): ReturnType<typeof cgroupFacts> =>
  cgroupFacts(parseMountinfo(mountinfo), parseProcCgroup(cgroup), () => ['memory', 'pids'])

describe('cgroupFacts()', () => {
  it('recognises pure v2', () => {
    expect(facts('1 0 0:1 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n', '0::/user.slice\n')).toEqual({
      layout: 'v2',
      v1: [],
      v2: { mountPoint: '/sys/fs/cgroup', ownPath: '/user.slice', controllers: ['memory', 'pids'] },
    })
  })

  it('recognises the hybrid layout, with controllers that share a hierarchy', () => {
    const mounts = [
      '1 0 0:1 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct',
      '2 0 0:2 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd',
      '3 0 0:3 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
      '',
    ].join('\n')
    const own = facts(mounts, '2:cpu,cpuacct:/x\n1:name=systemd:/init.scope\n0::/init.scope\n')
    expect(own.layout).toBe('hybrid')
    expect(own.v1).toEqual([
      { controllers: ['cpu', 'cpuacct'], mountPoint: '/sys/fs/cgroup/cpu,cpuacct', ownPath: '/x' },
      { controllers: ['name=systemd'], mountPoint: '/sys/fs/cgroup/systemd', ownPath: '/init.scope' },
    ])
    expect(own.v2?.mountPoint).toBe('/sys/fs/cgroup/unified')
  })

  it('leaves out hierarchies that are not mounted', () => {
    expect(facts('1 0 0:1 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n', '2:pids:/\n1:memory:/\n')).toMatchObject({
      layout: 'v1',
      v1: [{ controllers: ['pids'] }],
    })
    expect(facts('', '0::/\n').layout).toBe('none')
  })

  it('counts the own path from what is mounted', () => {
    const mount = '1 0 0:1 /docker/abc /sys/fs/cgroup/pids ro - cgroup cgroup rw,pids\n'
    expect(facts(mount, '2:pids:/docker/abc\n').v1[0]?.ownPath).toBe('/')
    expect(facts(mount, '2:pids:/docker/abc/x\n').v1[0]?.ownPath).toBe('/x')
    expect(facts(mount, '2:pids:/docker/abcd\n').v1[0]?.ownPath).toBe('/')
    expect(facts('1 0 0:1 / /sys/fs/cgroup rw - cgroup2 none rw\n', '0::/../../other\n').v2?.ownPath).toBe('/')
  })

  it('prefers the whole hierarchy in the usual place to bind mounts of it', () => {
    const mounts = [
      '1 0 0:1 /a /var/lib/x rw - cgroup cgroup rw,pids',
      '2 0 0:1 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids',
      '3 0 0:1 /b /sys/fs/cgroup/other rw - cgroup cgroup rw,pids',
      '',
    ].join('\n')
    expect(facts(mounts, '2:pids:/\n').v1[0]?.mountPoint).toBe('/sys/fs/cgroup/pids')
  })
})
