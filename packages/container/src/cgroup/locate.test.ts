import { describe, expect, it } from 'vitest'
import type { CgroupFacts } from '../host-facts.ts'
import { type LocateOptions, locateCgroups } from './locate.ts'
import { HYBRID, host, V1, V2 } from '../../test/support/cgroup-hosts.ts'

const locate = (facts: CgroupFacts, cgroupsPath?: string, more: Partial<LocateOptions> = {}): ReturnType<typeof locateCgroups> =>
  locateCgroups({ cgroupsPath, id: 'web', manager: 'fs', host: host(facts), ...more })

describe('locateCgroups()', () => {
  it('uses /teu-<id> from the root when the config does not say', () => {
    expect(locate(V2).paths).toEqual({ '': '/sys/fs/cgroup/teu-web' })
    expect(locate(V2, '').paths).toEqual({ '': '/sys/fs/cgroup/teu-web' })
  })

  it('counts an absolute path from the root of each hierarchy', () => {
    expect(locate(V1, '/pod/a').paths).toEqual({
      cpu: '/sys/fs/cgroup/cpu,cpuacct/pod/a',
      cpuacct: '/sys/fs/cgroup/cpu,cpuacct/pod/a',
      memory: '/sys/fs/cgroup/memory/pod/a',
      'name=systemd': '/sys/fs/cgroup/systemd/pod/a',
    })
  })

  it('counts a relative path from the own cgroup on v1, and from its parent on v2', () => {
    expect(locate(V1, 'a').paths['memory']).toBe('/sys/fs/cgroup/memory/own/mem/a')
    expect(locate(V2, 'a').paths['']).toBe('/sys/fs/cgroup/user.slice/a')
  })

  it('has one directory for controllers that share a hierarchy', () => {
    expect(locate(V1, '/a').hierarchies.map(({ path }) => path)).toEqual([
      '/sys/fs/cgroup/cpu,cpuacct/a',
      '/sys/fs/cgroup/memory/a',
      '/sys/fs/cgroup/systemd/a',
    ])
  })

  it('leaves foreign named hierarchies alone', () => {
    expect(Object.keys(locate(V1, '/a').paths)).not.toContain('name=openrc')
  })

  it('includes the v2 directory in the hybrid layout', () => {
    const location = locate(HYBRID, 'a')
    expect(location.unifiedPath).toBe('/sys/fs/cgroup/unified/a')
    expect(location.paths['']).toBe('/sys/fs/cgroup/unified/a')
    expect(locate(V2).unifiedPath).toBeUndefined()
  })

  it('has nothing when cgroups are disabled or not mounted', () => {
    expect(locate(V2, '/a', { manager: 'disabled' })).toEqual({ layout: 'none', manager: 'disabled', paths: {}, hierarchies: [] })
    expect(locate({ layout: 'none', v1: [] }, '/a').layout).toBe('none')
  })

  it('survives being stored as JSON', () => {
    const location = locate(HYBRID, '/a')
    expect(JSON.parse(JSON.stringify(location))).toEqual(location)
  })

  it.each(['..', '../x', '/..', '/../x', 'a/../../b', '/a/..', 'a/..', '/a/../../../etc'])('refuses to go up with %j', (path) => {
    expect(() => locate(V2, path)).toThrow('must not go up')
  })

  it.each(['/', '//', '.', './/.'])('refuses the root as %j', (path) => {
    expect(() => locate(V2, path)).toThrow('expected a cgroup below the root')
  })

  it.each(['a\nb', 'a\0b', `/${'x'.repeat(256)}`, `/${'é'.repeat(128)}`, '/a'.repeat(2500)])('refuses the name %#', (path) => {
    expect(() => locate(V2, path)).toThrow(expect.objectContaining({ code: 'ERR_TEU_CONFIG_INVALID', pointer: '/linux/cgroupsPath' }))
  })

  it('drops empty and dot components', () => {
    expect(locate(V2, '//a/./b//').paths['']).toBe('/sys/fs/cgroup/a/b')
  })

  it('is relative to the own cgroup by default for an ordinary user', () => {
    const own = locateCgroups({ id: 'web', manager: 'fs', host: { ...host(V2), rootless: true, euid: 1000 } })
    expect(own.paths['']).toBe('/sys/fs/cgroup/user.slice/teu-web')
  })
})

describe('locateCgroups() with systemd', () => {
  const systemd = (cgroupsPath?: string, facts = V2): ReturnType<typeof locateCgroups> => locate(facts, cgroupsPath, { manager: 'systemd' })

  it('expands the slice and names the scope', () => {
    const location = systemd('kubepods-pod1.slice:cri:c1')
    expect(location.paths['']).toBe('/sys/fs/cgroup/kubepods.slice/kubepods-pod1.slice/cri-c1.scope')
    expect(location.unit).toEqual({ slice: 'kubepods-pod1.slice', name: 'cri-c1.scope' })
  })

  it('has defaults', () => {
    expect(systemd().paths['']).toBe('/sys/fs/cgroup/system.slice/teu-web.scope')
    expect(systemd('::x').paths['']).toBe('/sys/fs/cgroup/system.slice/x.scope')
    expect(systemd('-.slice:p:x').paths['']).toBe('/sys/fs/cgroup/p-x.scope')
    expect(systemd('a.slice:p:a-b.slice').unit?.name).toBe('a-b.slice')
  })

  it('finds the user manager of an ordinary user', () => {
    const user = (ownPath: string, euid = 1000): string | undefined => {
      const facts: CgroupFacts = { layout: 'v2', v1: [], v2: { mountPoint: '/sys/fs/cgroup', ownPath, controllers: [] } }
      return locateCgroups({ id: 'web', manager: 'systemd', host: { ...host(facts), rootless: true, euid } }).paths['']
    }
    const expected = '/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/user.slice/teu-web.scope'
    expect(user('/user.slice/user-1000.slice/session-2.scope')).toBe(expected)
    expect(user('/user.slice/user-1000.slice/user@1000.service/app.slice/x.scope')).toBe(expected)
    expect(user('/user.slice/user-1000.slice/user@1000.service/app.slice/x.scope', 0)).toBe(expected)
    expect(user('/machine.slice/user@1000.service/x')).toBe('/sys/fs/cgroup/machine.slice/user@1000.service/user.slice/teu-web.scope')
  })

  it.each([
    '/a/b',
    'a:b',
    'a:b:c:d',
    'a:b:c',
    'a.slice:b:',
    '-a.slice:b:c',
    'a--b.slice:b:c',
    'a/b.slice:b:c',
    '.slice:b:c',
    '../x.slice:b:c',
    'a.slice:..:../x',
  ])('refuses %j', (path) => {
    expect(() => systemd(path)).toThrow(expect.objectContaining({ code: 'ERR_TEU_CONFIG_INVALID', pointer: '/linux/cgroupsPath' }))
  })

  it('escapes what a unit name must not hold', () => {
    expect(systemd('a.slice:p:x+y').unit?.name).toBe('p-x\\x2by.scope')
  })
})
