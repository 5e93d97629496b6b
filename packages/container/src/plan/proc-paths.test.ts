import type { Mount } from '@teu/spec'
import { describe, expect, it } from 'vitest'
import { all, createInput, failure, ops, position } from '../../test/support/plan-input.ts'
import { compileCreatePlan } from './create.ts'
import { destinationRules, PROC_OVERMOUNTS } from './proc-paths.ts'

const bindOn = (destination: string): Mount => ({ destination, type: 'bind', source: '/src', options: ['bind'] })
const compile = (mounts: Mount[]): ReturnType<typeof compileCreatePlan> => compileCreatePlan(createInput({ mounts }))

describe('destinationRules()', () => {
  it('allows exactly these files of procfs to be covered', () => {
    expect(PROC_OVERMOUNTS).toEqual([
      '/proc/cpuinfo',
      '/proc/diskstats',
      '/proc/loadavg',
      '/proc/meminfo',
      '/proc/net/dev',
      '/proc/slabinfo',
      '/proc/stat',
      '/proc/swaps',
      '/proc/sys/crypto/fips_enabled',
      '/proc/sys/kernel/ns_last_pid',
      '/proc/uptime',
    ])
    for (const path of PROC_OVERMOUNTS) expect(all(compile([bindOn(path)]).container, 'attach')[0]).toMatchObject({ overProc: true })
  })

  it.each([
    '/proc/self',
    '/proc/self/attr',
    '/proc/self/attr/exec',
    '/proc/1/attr/current',
    '/proc/thread-self/attr/apparmor/exec',
    '/proc/sys',
    '/proc/sys/kernel/core_pattern',
    '/proc/sysrq-trigger',
    '/proc/keys',
    '/proc/net',
    '/proc/acpi',
    '/proc/cpuinfo/x',
    '/proc/../proc/self/attr',
    '/x/../proc/./self',
    'proc/self',
    '//proc//self//attr//',
  ])('refuses a mount on %s', (path) => {
    expect(failure(() => compile([bindOn(path)]))).toMatchObject({ code: 'ERR_TEU_CONFIG_INVALID', pointer: '/mounts/0/destination' })
    expect(failure(() => compile([{ destination: path, type: 'tmpfs' }])).pointer).toBe('/mounts/0/destination')
  })

  it('allows only procfs on /proc itself, or a bind of the host procfs', () => {
    expect(failure(() => compile([{ destination: '/proc', type: 'tmpfs' }])).pointer).toBe('/mounts/0/destination')
    expect(failure(() => compile([bindOn('/proc/')])).pointer).toBe('/mounts/0/destination')
    expect(() => compile([{ destination: '/proc', type: 'proc' }])).not.toThrow()
    expect(() => compile([{ destination: '/proc', type: 'bind', source: '/proc', options: ['rbind'] }])).not.toThrow()
  })

  it('follows no link on the way to procfs, sysfs and cgroup mounts, nor below /sys', () => {
    const rules = (destination: string, type: string): boolean => destinationRules(destination, { destination, type }, false, '').noSymlinks
    expect([rules('/proc', 'proc'), rules('/sys', 'sysfs'), rules('/elsewhere', 'sysfs'), rules('/sys/fs/cgroup', 'cgroup')]).toEqual([
      true,
      true,
      true,
      true,
    ])
    expect(rules('/sys/fs/bpf', 'bpf')).toBe(true)
    expect(rules('/data', 'tmpfs')).toBe(false)
  })

  it('refuses a mount on the root', () => {
    expect(failure(() => compile([bindOn('/a/..')])).pointer).toBe('/mounts/0/destination')
  })
})

describe('planHiddenPaths()', () => {
  const linux = { maskedPaths: ['/proc/kcore', '/proc/keys', '/proc//kcore/'], readonlyPaths: ['/proc/sys', '/proc/sys'] }

  it('puts masked paths after user mounts, devices and hooks, and before the change of root', () => {
    const { container } = compileCreatePlan(
      createInput({
        mounts: [{ destination: '/proc', type: 'proc' }, bindOn('/data')],
        hooks: { createContainer: [{ path: '/hook' }] },
        linux: { ...createInput().spec.linux, ...linux },
      }),
    )
    const firstMask = position(container, ({ op }) => op === 'mask')
    for (const op of ['attach', 'mknod', 'symlink', 'hook'] as const) {
      expect(container.findLastIndex((step) => step.op === op)).toBeLessThan(firstMask)
    }
    expect(firstMask).toBeLessThan(position(container, ({ op }) => op === 'pivot_root'))
  })

  it('hides each distinct path once, with what was asked for first as the pointer', () => {
    const { container } = compileCreatePlan(createInput({ linux }))
    expect(all(container, 'mask').map(({ path, pointer }) => [path, pointer])).toEqual([
      ['/proc/kcore', '/linux/maskedPaths/0'],
      ['/proc/keys', '/linux/maskedPaths/1'],
    ])
    expect(all(container, 'readonly_path')).toHaveLength(1)
  })

  it('hides files behind the host null device, checked by its numbers on the handle that is used', () => {
    const { parent, container } = compileCreatePlan(createInput({ linux }))
    const nullDevice = all(container, 'mask')[0]?.nullDevice
    const opened = position(parent, (step) => step.op === 'open_tree' && step.slot === nullDevice && step.path === '/dev/null')
    expect(parent[opened + 1]).toMatchObject({ op: 'verify_device', slot: nullDevice, kind: 99, major: 1, minor: 3 })
  })

  it('hides directories behind a tmpfs that takes neither a byte nor an inode', () => {
    const { container } = compileCreatePlan(createInput({ linux }))
    const emptyDir = all(container, 'mask')[0]?.emptyDir
    const made = all(container, 'new_mount').find(({ slot }) => slot === emptyDir)
    expect(made).toMatchObject({ type: 'tmpfs', options: expect.arrayContaining(['ro', 'nr_inodes=1']) as string[], attrs: 0xf })
  })

  it('needs nothing of that when nothing is hidden', () => {
    const { parent, container } = compileCreatePlan(createInput())
    expect(ops(parent)).not.toContain('verify_device')
    expect(ops(container)).not.toContain('mask')
  })

  it('refuses to hide the root', () => {
    expect(failure(() => compileCreatePlan(createInput({ linux: { maskedPaths: ['/..'] } }))).pointer).toBe('/linux/maskedPaths/0')
  })
})
