import type { LinuxNamespace } from '@teu/spec'
import { describe, expect, it } from 'vitest'
import { all, createInput, failure, only, ops, OWN_IDS, rootHost, USER_NAMESPACE, userHost } from '../../test/support/plan-input.ts'
import { compileCreatePlan } from './create.ts'

const CLONE_NEWNS = 0x20000
const CLONE_NEWCGROUP = 0x2000000
const CLONE_NEWNET = 0x40000000
const CLONE_NEWPID = 0x20000000
const CLONE_NEWUSER = 0x10000000

const mount: LinuxNamespace = { type: 'mount' }
const plan = (namespaces: LinuxNamespace[], more = {}, input = {}): ReturnType<typeof compileCreatePlan> =>
  compileCreatePlan(createInput({ linux: { namespaces, ...more } }, input))

describe('planNamespaces()', () => {
  it('clones into exactly the namespaces that the config lists', () => {
    expect(only(plan([mount]).parent, 'clone').flags).toBe(CLONE_NEWNS)
    expect(only(plan([mount, { type: 'pid' }, { type: 'network' }]).parent, 'clone').flags).toBe(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET)
  })

  it('makes the cgroup namespace after the clone: only then the process is in its cgroup', () => {
    const { parent, container } = plan([mount, { type: 'cgroup' }])
    expect(only(parent, 'clone').flags).toBe(CLONE_NEWNS)
    expect(only(container, 'unshare').flags).toBe(CLONE_NEWCGROUP)
  })

  it('looks each joined namespace up once, before anything has changed, and enters it by that handle', () => {
    const { parent, container, joiner } = plan([mount, { type: 'network', path: '/run/netns/a' }])
    const open = only(parent, 'open')
    expect(open).toMatchObject({ path: '/run/netns/a', flags: 0, pointer: '/linux/namespaces/1/path' })
    expect(container[0]).toMatchObject({ op: 'setns', slot: open.slot, flags: CLONE_NEWNET })
    expect(container[1]).toEqual({ op: 'close', slot: open.slot })
    expect(joiner).toEqual([])
  })

  it('enters a pid namespace between parent and container: only children are in it', () => {
    const { joiner, container } = plan([mount, { type: 'pid', path: '/proc/9/ns/pid' }, { type: 'ipc', path: '/proc/9/ns/ipc' }])
    expect(all(joiner, 'setns').map(({ flags }) => flags)).toEqual([CLONE_NEWPID])
    expect(all(container, 'setns')).toHaveLength(1)
  })

  it('joins the others before the user namespace with rights over them, and after it without', () => {
    const namespaces: LinuxNamespace[] = [mount, { type: 'user', path: '/u' }, { type: 'network', path: '/n' }]
    const order = (host: ReturnType<typeof rootHost>): number[] =>
      all(plan(namespaces, {}, { host }).joiner, 'setns').map(({ flags }) => flags)
    expect(order(rootHost())).toEqual([CLONE_NEWNET, CLONE_NEWUSER])
    expect(order(userHost())).toEqual([CLONE_NEWUSER, CLONE_NEWNET])
  })

  it('joins a network of the host before it makes a user namespace', () => {
    const { joiner, parent } = plan(
      [...(USER_NAMESPACE.namespaces ?? []).filter(({ type }) => type !== 'network'), { type: 'network', path: '/n' }],
      {
        uidMappings: USER_NAMESPACE.uidMappings,
        gidMappings: USER_NAMESPACE.gidMappings,
      },
    )
    expect(all(joiner, 'setns')).toHaveLength(1)
    expect(only(parent, 'clone').flags & CLONE_NEWUSER).not.toBe(0)
  })

  it('does not join what the path shows to be the namespace that it is in already', () => {
    const { parent, container } = plan(
      [mount, { type: 'network', path: '/proc/1/ns/net' }],
      {},
      { namespaceLinks: { '/proc/1/ns/net': 'net:[1]' } },
    )
    expect(all(parent, 'open')).toEqual([])
    expect(all(container, 'setns')).toEqual([])
  })

  it('refuses its own user namespace by path, and a mount namespace by path', () => {
    const own = { namespaceLinks: { '/u': 'user:[5]' } }
    expect(failure(() => plan([mount, { type: 'user', path: '/u' }], {}, own)).pointer).toBe('/linux/namespaces/1/path')
    expect(failure(() => plan([{ type: 'mount', path: '/m' }]))).toMatchObject({
      code: 'ERR_TEU_UNSUPPORTED',
      pointer: '/linux/namespaces/0/path',
    })
  })

  it('refuses to mount on the host', () => {
    expect(failure(() => plan([{ type: 'pid' }]))).toMatchObject({ code: 'ERR_TEU_CONFIG_INVALID', pointer: '/linux/namespaces' })
  })

  it('refuses a type that is listed twice', () => {
    expect(failure(() => plan([mount, { type: 'pid' }, { type: 'pid', path: '/p' }])).pointer).toBe('/linux/namespaces/2/type')
  })
})

describe('planIdMaps()', () => {
  const user = (linux: object, host = rootHost()): ReturnType<typeof compileCreatePlan> =>
    compileCreatePlan(createInput({ linux }, { host }))

  it('writes both maps right after the clone, line by line as configured', () => {
    const mappings = [
      { containerID: 0, hostID: 1000, size: 1 },
      { containerID: 1, hostID: 100000, size: 65535 },
    ]
    const { parent } = user({ ...USER_NAMESPACE, uidMappings: mappings })
    expect(all(parent, 'write_child').map(({ file, data }) => [file, new TextDecoder().decode(data)])).toEqual([
      ['gid_map', '0 200000 65536\n'],
      ['uid_map', '0 1000 1\n1 100000 65535\n'],
    ])
    const steps = ops(parent)
    expect(steps.indexOf('write_child')).toBe(steps.indexOf('clone') + 1)
  })

  it('lets the container do nothing before it has its ids, then makes it root of its namespace before it makes anything', () => {
    const { container } = user(USER_NAMESPACE)
    expect(ops(container).slice(0, 2)).toEqual(['wait', 'user'])
    expect(container[1]).toMatchObject({ uid: 0, gid: 0, groups: [], setGroups: true })
  })

  it("denies setgroups before it maps an ordinary user's own gid", () => {
    const { parent, container } = user(OWN_IDS, userHost())
    expect(all(parent, 'write_child').map(({ file }) => file)).toEqual(['setgroups', 'gid_map', 'uid_map'])
    expect(all(container, 'user').map(({ setGroups }) => setGroups)).toEqual([false, false])
  })

  it('runs the helpers for ranges of an ordinary user', () => {
    const { parent } = user(USER_NAMESPACE, userHost({ newuidmap: '/usr/bin/newuidmap', newgidmap: '/usr/bin/newgidmap' }))
    expect(all(parent, 'map_ids_helper')).toEqual([
      expect.objectContaining({ path: '/usr/bin/newgidmap', ranges: ['0', '200000', '65536'] }),
      expect.objectContaining({ path: '/usr/bin/newuidmap', ranges: ['0', '100000', '65536'] }),
    ])
    expect(all(parent, 'write_child')).toEqual([])
  })

  it('maps ranges directly with rights over ids, as inside the user namespace of an engine', () => {
    const { parent } = user(USER_NAMESPACE, userHost({ euid: 0, egid: 0, capabilities: 0x1ff_ffff_ffffn }))
    expect(all(parent, 'write_child').map(({ file }) => file)).toEqual(['gid_map', 'uid_map'])
  })

  it('says what to install when a helper is missing', () => {
    expect(failure(() => user(USER_NAMESPACE, userHost()))).toMatchObject({
      code: 'ERR_TEU_ROOTLESS',
      pointer: '/linux/gidMappings',
      remedy: expect.stringContaining('newgidmap') as string,
    })
  })

  it("makes an ordinary user's process dumpable exactly until its maps are written", () => {
    const { parent, container } = user(OWN_IDS, userHost())
    expect(all(parent, 'dumpable').map(({ on }) => on)).toEqual([true, false])
    expect(ops(parent)[ops(parent).indexOf('clone') - 1]).toBe('dumpable')
    expect(ops(container).slice(0, 3)).toEqual(['wait', 'dumpable', 'user'])
    expect(ops(user(USER_NAMESPACE).parent)).not.toContain('dumpable')
  })

  it('refuses maps without root, without a user namespace, empty, or longer than the kernel takes', () => {
    const shifted = [{ containerID: 1, hostID: 1, size: 10 }]
    expect(failure(() => user({ ...USER_NAMESPACE, uidMappings: shifted })).pointer).toBe('/linux/uidMappings')
    expect(failure(() => user({ ...USER_NAMESPACE, gidMappings: [] })).pointer).toBe('/linux/gidMappings')
    expect(failure(() => user({ uidMappings: shifted })).pointer).toBe('/linux/uidMappings')
    const many = Array.from({ length: 340 }, (_, index) => ({ containerID: index * 2, hostID: 1000000 + index * 2, size: 1 }))
    expect(failure(() => user({ ...USER_NAMESPACE, uidMappings: many })).message).toContain('4095')
  })
})
