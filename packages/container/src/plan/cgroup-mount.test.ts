import type { Linux, Mount } from '@teu/spec'
import { describe, expect, it } from 'vitest'
import { at, HYBRID, V1, V2 } from '../../test/support/cgroup-hosts.ts'
import { all, createInput, failure, NAMESPACES, only, ops, OWN_IDS, rootHost, userHost } from '../../test/support/plan-input.ts'
import { compileCreatePlan } from './create.ts'

const CGROUP: Mount = { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: ['nosuid', 'ro'] }
const OWN: Pick<Linux, 'namespaces'> = { namespaces: [...NAMESPACES, 'cgroup' as const].map((type) => ({ type })) }

function compile(
  facts: typeof V1,
  linux: Partial<Linux> = {},
  mount = CGROUP,
  paths = at(facts).paths,
): ReturnType<typeof compileCreatePlan> {
  const input = createInput({ mounts: [mount], linux }, { host: rootHost({ cgroup: facts }) })
  return compileCreatePlan({ ...input, cgroup: { ...input.cgroup, paths } })
}

describe('planCgroupMount() on v2', () => {
  it('mounts the hierarchy in a cgroup namespace of the container, whose root is the cgroup of the container', () => {
    const { container } = compile(V2, OWN)
    expect(only(container, 'new_mount')).toMatchObject({ type: 'cgroup2', options: [], attrs: 0x1 | 0x2 })
    const steps = ops(container)
    // It was born in its cgroup.
    expect(steps.slice(steps.indexOf('unshare'), steps.indexOf('unshare') + 3)).toEqual(['unshare', 'new_mount', 'attach'])
  })

  it("binds the container's own cgroup without one, never the hierarchy of the host", () => {
    const { container } = compile(V2)
    expect(only(container, 'open_tree')).toMatchObject({ path: '/sys/fs/cgroup/c', root: -1, noSymlinks: true })
    expect(ops(container)).not.toContain('unshare')
    expect(all(container, 'new_mount')).toEqual([])
  })

  it('takes a cgroup namespace that is the host by path for none', () => {
    const linux = { namespaces: [...NAMESPACES.map((type) => ({ type })), { type: 'cgroup' as const, path: '/h' }] }
    const input = createInput({ mounts: [CGROUP], linux }, { namespaceLinks: { '/h': 'cgroup:[6]' } })
    expect(
      all(compileCreatePlan({ ...input, cgroup: { ...input.cgroup, paths: { '': '/sys/fs/cgroup/c' } } }).container, 'new_mount'),
    ).toEqual([])
  })

  it("shows a container without a cgroup the caller's, read-only whatever is asked", () => {
    const { container } = compile(V2, {}, { ...CGROUP, options: ['rw'] }, {})
    expect(only(container, 'open_tree').path).toBe('/sys/fs/cgroup/user.slice/session.scope')
    expect(all(container, 'mount_attr')[0]?.set).toBe(1)
  })

  it('does the same for an ordinary user', () => {
    const input = createInput({ mounts: [CGROUP], linux: OWN_IDS }, { host: userHost() })
    const { container } = compileCreatePlan({ ...input, cgroup: { ...input.cgroup, paths: { '': '/sys/fs/cgroup/u/c' } } })
    expect(all(container, 'open_tree').map(({ path }) => path)).toContain('/sys/fs/cgroup/u/c')
  })
})

describe('planCgroupMount() on v1', () => {
  it('makes a tmpfs with a directory for each hierarchy and a link for each controller that shares one', () => {
    const { container } = compile(V1, OWN)
    const [top, ...hierarchies] = all(container, 'attach')
    expect(top).toMatchObject({ path: '/sys/fs/cgroup', noSymlinks: true, keep: true })
    expect(hierarchies.map(({ path, root }) => [path, root])).toEqual(
      ['/cpu,cpuacct', '/memory', '/systemd', '/openrc'].map((path) => [path, top?.mount]),
    )
    expect(
      all(container, 'new_mount')
        .slice(1)
        .map(({ options }) => options),
    ).toEqual([['cpu', 'cpuacct'], ['memory'], ['name=systemd'], ['name=openrc']])
    expect(
      all(container, 'symlink')
        .filter(({ root }) => root === top?.mount)
        .map(({ path, target }) => [path, target]),
    ).toEqual([
      ['/cpu', 'cpu,cpuacct'],
      ['/cpuacct', 'cpu,cpuacct'],
    ])
  })

  it('makes every part read-only when the mount is, the tmpfs last', () => {
    const { container } = compile(V1, OWN)
    for (const { attrs } of all(container, 'new_mount').slice(1)) expect(Number(attrs) & 1).toBe(1)
    const last = all(container, 'mount_attr')[0]
    expect(last).toMatchObject({ slot: all(container, 'attach')[0]?.mount, set: 1 })
  })

  it("binds the container's directories without a cgroup namespace, and the caller's, read-only, where it has none", () => {
    const { container } = compile(V1, {}, { ...CGROUP, options: ['rw'] })
    expect(all(container, 'open_tree').map(({ path }) => path)).toEqual([
      '/sys/fs/cgroup/cpu,cpuacct/c',
      '/sys/fs/cgroup/memory/c',
      '/sys/fs/cgroup/systemd/c',
      '/sys/fs/cgroup/openrc/',
    ])
    expect(
      all(container, 'mount_attr')
        .slice(0, 4)
        .map(({ set }) => Number(set) & 1),
    ).toEqual([0, 0, 0, 1])
  })

  it('has the v1 hierarchies of the hybrid layout', () => {
    expect(all(compile(HYBRID, OWN).container, 'attach').map(({ path }) => path)).not.toContain('/unified')
  })

  it('refuses a mount of what the host does not have', () => {
    expect(failure(() => compile({ layout: 'none', v1: [] })).code).toBe('ERR_TEU_UNSUPPORTED')
    expect(failure(() => compile(V1, {}, { ...CGROUP, type: 'cgroup2' })).code).toBe('ERR_TEU_UNSUPPORTED')
  })
})
