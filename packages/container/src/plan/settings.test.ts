import { describe, expect, it } from 'vitest'
import {
  all,
  createInput,
  failure,
  NAMESPACES,
  only,
  ops,
  OWN_IDS,
  position,
  rootHost,
  text,
  userHost,
} from '../../test/support/plan-input.ts'
import { compileCreatePlan } from './create.ts'
import { SLOT } from './slots.ts'

const compile = (...args: Parameters<typeof createInput>): ReturnType<typeof compileCreatePlan> => compileCreatePlan(createInput(...args))
const sysctl = (key: string, value = '1', linux = {}, input = {}): ReturnType<typeof compileCreatePlan> =>
  compile({ linux: { sysctl: { [key]: value }, ...linux } }, input)
const without = (type: string): object => ({ namespaces: NAMESPACES.filter((name) => name !== type).map((name) => ({ type: name })) })
const byPath = (type: string, path: string): object => ({
  namespaces: NAMESPACES.map((name) => (name === type ? { type: name, path } : { type: name })),
})

describe('planSysctls()', () => {
  it('writes each value with one write beneath a private procfs, before any mount of the container exists', () => {
    const { parent, container } = sysctl('net.ipv4.conf.eth0/1.forwarding')
    expect(all(parent, 'open_tree')).toContainEqual(
      expect.objectContaining({ slot: SLOT.hostProc, path: '/proc', recursive: false, noSymlinks: true }),
    )
    expect(only(container, 'write_file')).toMatchObject({
      dir: SLOT.hostProc,
      path: 'sys/net/ipv4/conf/eth0.1/forwarding',
      pointer: '/linux/sysctl/net.ipv4.conf.eth0~11.forwarding',
    })
    expect(position(container, ({ op }) => op === 'write_file')).toBeLessThan(position(container, ({ op }) => op === 'attach_root'))
  })

  it.each([
    ['net.core.somaxconn', 'network'],
    ['kernel.shmmax', 'ipc'],
    ['kernel.sem', 'ipc'],
    ['fs.mqueue.msg_max', 'ipc'],
    ['kernel.domainname', 'uts'],
    ['kernel.hostname', 'uts'],
  ])('refuses %s without a %s namespace, and with one that is the host by path', (key, type) => {
    expect(failure(() => sysctl(key, '1', without(type))).pointer).toBe(`/linux/sysctl/${key}`)
    const links = { '/host': rootHost().ownNamespaces[type === 'network' ? 'net' : type] as string }
    expect(failure(() => sysctl(key, '1', byPath(type, '/host'), { namespaceLinks: links })).pointer).toBe(`/linux/sysctl/${key}`)
    expect(() => sysctl(key, '1', byPath(type, '/other'), { namespaceLinks: { '/other': 'net:[99]' } })).not.toThrow()
  })

  it('refuses a namespace by path of which nobody has said what it is', () => {
    expect(failure(() => sysctl('net.core.somaxconn', '1', byPath('network', '/n'))).code).toBe('ERR_TEU_CONFIG_INVALID')
  })

  it.each([
    'kernel.core_pattern',
    'kernel.modprobe',
    'vm.swappiness',
    'kernel.unprivileged_bpf_disabled',
    'fs.file-max',
    'net',
    'net..x',
    'net/../kernel/core_pattern',
  ])('refuses %s, which is of the whole machine or no name at all', (key) => {
    expect(failure(() => sysctl(key)).code).toBe('ERR_TEU_CONFIG_INVALID')
  })

  it('keeps separators in a value as part of the value', () => {
    const value = '1+kernel.core_pattern=|/x,a=b ; c'
    expect(text(only(sysctl('net.core.somaxconn', value).container, 'write_file').data)).toBe(value)
    expect(failure(() => sysctl('net.core.somaxconn', '1\nkernel.core_pattern=x')).pointer).toBe('/linux/sysctl/net.core.somaxconn')
  })

  it('waits for moved network devices before it sets their parameters', () => {
    const { container } = sysctl('net.ipv4.conf.eth0.forwarding', '1', { netDevices: { eth0: {} } })
    expect(ops(container)[0]).toBe('wait')
  })
})

describe('planNames()', () => {
  it('names the host and the domain in a uts namespace of the container', () => {
    const { container } = compile({ hostname: 'a', domainname: 'b' })
    expect(only(container, 'hostname').name).toBe('a')
    expect(only(container, 'domainname').name).toBe('b')
  })

  it.each(['hostname', 'domainname'])('refuses a %s that would be the name of the host', (key) => {
    expect(failure(() => compile({ [key]: 'a', linux: without('uts') })).pointer).toBe(`/${key}`)
    const input = { namespaceLinks: { '/proc/1/ns/uts': 'uts:[3]' } }
    expect(failure(() => compile({ [key]: 'a', linux: byPath('uts', '/proc/1/ns/uts') }, input)).pointer).toBe(`/${key}`)
  })
})

describe('planNetworkDevices()', () => {
  it('moves devices before the container goes on, under their new names', () => {
    const { parent } = compile({ linux: { netDevices: { eth5: { name: 'eth0' }, eth6: {} } } })
    expect(all(parent, 'move_netdev').map(({ name, newName }) => [name, newName])).toEqual([
      ['eth5', 'eth0'],
      ['eth6', 'eth6'],
    ])
    expect(ops(parent).lastIndexOf('move_netdev')).toBeLessThan(ops(parent).indexOf('signal'))
  })

  it('refuses to move a device into the network of the host', () => {
    expect(failure(() => compile({ linux: { ...without('network'), netDevices: { eth0: {} } } })).pointer).toBe('/linux/netDevices/eth0')
  })

  it('brings the loopback of a new network up, and of no other', () => {
    expect(only(compile().container, 'link_up').name).toBe('lo')
    expect(all(compile({ linux: byPath('network', '/n') }).container, 'link_up')).toEqual([])
    expect(all(compile({ linux: without('network') }).container, 'link_up')).toEqual([])
  })
})

describe('planTimeOffsets()', () => {
  const linux = {
    namespaces: [...NAMESPACES, 'time' as const].map((type) => ({ type })),
    timeOffsets: { monotonic: { secs: -7, nanosecs: 5 }, boottime: { secs: 100 } },
  }

  it('makes the namespace, has the offsets written while nobody is in, and only then enters it', () => {
    const { parent, container } = compile({ linux })
    expect(only(parent, 'clone').flags & 0x80).toBe(0)
    expect(ops(container).slice(0, 6)).toEqual(['unshare', 'signal', 'wait', 'open', 'setns', 'close'])
    const written = only(parent, 'write_child')
    expect([written.file, text(written.data)]).toEqual(['timens_offsets', 'monotonic -7 5\nboottime 100 0\n'])
    expect(ops(parent).indexOf('write_child')).toBeLessThan(ops(parent).indexOf('signal'))
  })

  it('clones into a time namespace without offsets', () => {
    expect(only(compile({ linux: { namespaces: linux.namespaces } }).parent, 'clone').flags & 0x80).toBe(0x80)
  })

  it('refuses offsets without a new time namespace, and other clocks', () => {
    expect(failure(() => compile({ linux: { timeOffsets: linux.timeOffsets } })).pointer).toBe('/linux/timeOffsets')
    expect(failure(() => compile({ linux: { ...linux, timeOffsets: { realtime: { secs: 1 } } } })).pointer).toBe(
      '/linux/timeOffsets/realtime',
    )
  })
})

describe('planRoot()', () => {
  it('cuts propagation to the host before it attaches anything, and clones the root as a slave', () => {
    const { parent, container } = compile()
    expect(ops(container).indexOf('set_propagation')).toBeLessThan(ops(container).indexOf('attach_root'))
    expect(only(container, 'set_propagation')).toMatchObject({ root: -1, propagation: 1 << 19, recursive: true })
    expect(all(parent, 'mount_attr')[0]).toMatchObject({ slot: SLOT.root, propagation: 1 << 19, recursive: true })
  })

  it('is never shared while the container is set up; a shared root is made so after the change of root', () => {
    const { container } = compile({ linux: { rootfsPropagation: 'rshared' } })
    expect(only(container, 'set_propagation').propagation).toBe(1 << 19)
    const pivot = position(container, ({ op }) => op === 'pivot_root')
    expect(container[pivot + 1]).toMatchObject({ op: 'mount_attr', slot: SLOT.root, propagation: 1 << 20, recursive: true })
  })

  it('is read-only only after everything has been made in it', () => {
    const { container } = compile({
      root: { path: '/bundle/rootfs', readonly: true },
      process: { cwd: '/work' },
      linux: { maskedPaths: ['/proc/keys'] },
    })
    const readOnly = position(container, (step) => step.op === 'mount_attr' && step.slot === SLOT.root && step.set === 1)
    for (const op of ['mknod', 'symlink', 'mkdir_in_root', 'mask'] as const) {
      expect(container.findLastIndex((step) => step.op === op)).toBeLessThan(readOnly)
    }
    expect(readOnly).toBe(position(container, ({ op }) => op === 'pivot_root') - 1)
  })

  it('changes the root without pivot_root on request', () => {
    const { container } = compile({}, { noPivot: true })
    expect(ops(container)).toContain('change_root')
    expect(ops(container)).not.toContain('pivot_root')
  })

  it('is an overlay in memory on request, made in the mount namespace of the container', () => {
    const { parent, container } = compile({}, { rootOverlay: true })
    expect(all(parent, 'open_tree')).toEqual([])
    const overlay = all(container, 'new_mount').find(({ type }) => type === 'overlay')
    expect(overlay).toMatchObject({ slot: SLOT.root, options: expect.arrayContaining(['lowerdir=/bundle/rootfs']) as string[] })
    expect(ops(container).indexOf('set_propagation')).toBeLessThan(ops(container).indexOf('new_mount'))
  })

  it('is opened in the container stage by an ordinary user', () => {
    const { parent, container } = compile({ linux: OWN_IDS }, { host: userHost() })
    expect(all(parent, 'open_tree')).toEqual([])
    expect(all(container, 'open_tree')[0]).toMatchObject({ slot: SLOT.root, path: '/bundle/rootfs' })
  })
})
