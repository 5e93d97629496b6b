import { describe, expect, it } from 'vitest'
import { all, createInput, failure, only, OWN_IDS, USER_NAMESPACE, userHost } from '../../test/support/plan-input.ts'
import { compileCreatePlan } from './create.ts'
import { DEFAULT_DEVICES } from './devices.ts'

const compile = (...args: Parameters<typeof createInput>): ReturnType<typeof compileCreatePlan> => compileCreatePlan(createInput(...args))
const fuse = { path: '/dev/fuse', type: 'c', major: 10, minor: 229 } as const

describe('planDevices()', () => {
  it('makes the default devices and no other', () => {
    expect(
      all(compile().container, 'mknod').map(({ path, kind, major, minor, mode, uid, gid }) => [path, kind, major, minor, mode, uid, gid]),
    ).toEqual([
      ['/dev/null', 99, 1, 3, 0o666, 0, 0],
      ['/dev/zero', 99, 1, 5, 0o666, 0, 0],
      ['/dev/full', 99, 1, 7, 0o666, 0, 0],
      ['/dev/random', 99, 1, 8, 0o666, 0, 0],
      ['/dev/urandom', 99, 1, 9, 0o666, 0, 0],
      ['/dev/tty', 99, 5, 0, 0o666, 0, 0],
    ])
  })

  it('makes the devices of the config, which may take the place of default ones', () => {
    const devices = [
      { ...fuse, fileMode: 0o20600, uid: 5, gid: 6 },
      { path: '/dev/null', type: 'c' as const, major: 1, minor: 3, fileMode: 0o444 },
      { path: '/dev/pipe', type: 'p' as const },
    ]
    const nodes = all(compile({ linux: { devices } }).container, 'mknod')
    expect(nodes.filter(({ path }) => path === '/dev/null')).toEqual([
      expect.objectContaining({ mode: 0o444, pointer: '/linux/devices/1' }),
    ])
    expect(nodes).toContainEqual(expect.objectContaining({ path: '/dev/fuse', major: 10, minor: 229, mode: 0o600, uid: 5, gid: 6 }))
    expect(nodes).toContainEqual(expect.objectContaining({ path: '/dev/pipe', kind: 112 }))
  })

  it('binds the devices of the host in a user namespace, each verified on the handle that is attached', () => {
    const { parent, container } = compile({ linux: { ...USER_NAMESPACE, devices: [fuse] } })
    expect(all(container, 'mknod')).toEqual([])
    const verified = all(parent, 'verify_device')
    expect(verified).toHaveLength(DEFAULT_DEVICES.length + 1)
    for (const { slot } of verified) {
      expect(parent.findIndex((step) => step.op === 'open_tree' && step.slot === slot)).toBeGreaterThanOrEqual(0)
      expect(all(container, 'attach').find(({ mount }) => mount === slot)).toMatchObject({ create: 2 })
      expect(all(parent, 'mount_attr').find((step) => step.slot === slot)).toMatchObject({ propagation: 1 << 19 })
    }
  })

  it('binds them from its own mount namespace as an ordinary user, and makes FIFOs itself', () => {
    const { parent, container } = compile({ linux: { ...OWN_IDS, devices: [{ path: '/dev/pipe', type: 'p' }] } }, { host: userHost() })
    expect(all(parent, 'verify_device')).toEqual([])
    expect(all(container, 'verify_device')).toHaveLength(DEFAULT_DEVICES.length)
    expect(only(container, 'mknod').path).toBe('/dev/pipe')
  })

  it('makes the fixed links, and replaces only ptmx', () => {
    expect(all(compile().container, 'symlink').map(({ path, target, replace }) => [path, target, replace])).toEqual([
      ['/dev/fd', '/proc/self/fd', false],
      ['/dev/stdin', '/proc/self/fd/0', false],
      ['/dev/stdout', '/proc/self/fd/1', false],
      ['/dev/stderr', '/proc/self/fd/2', false],
      ['/dev/core', '/proc/kcore', false],
      ['/dev/ptmx', 'pts/ptmx', true],
    ])
  })

  it('changes nothing in a /dev that the config binds, but makes devices elsewhere', () => {
    const { container } = compile({
      mounts: [{ destination: '/dev/', source: '/dev', options: ['rbind'] }],
      linux: { devices: [fuse, { ...fuse, path: '/srv/fuse' }] },
    })
    expect(all(container, 'mknod').map(({ path }) => path)).toEqual(['/srv/fuse'])
    expect(all(container, 'symlink')).toEqual([])
  })

  it('leaves what the config mounts itself alone', () => {
    const { container } = compile({ mounts: [{ destination: '/dev/null', source: '/dev/null', options: ['bind'] }] })
    expect(all(container, 'mknod').map(({ path }) => path)).not.toContain('/dev/null')
  })

  it('refuses two different devices at one path', () => {
    const devices = [fuse, { ...fuse, path: '/dev//fuse', minor: 1 }]
    expect(failure(() => compile({ linux: { devices } })).pointer).toBe('/linux/devices/1/path')
    expect(() => compile({ linux: { devices: [fuse, fuse] } })).not.toThrow()
  })
})
