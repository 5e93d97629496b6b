import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { effectiveCapabilities, probeHost } from './probe-host.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'teu-probe-'))
})
afterEach(() => rmSync(root, { recursive: true }))

function put(path: string, content: string, mode = 0o644): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), content, { mode })
}

describe('probeHost()', () => {
  it('samples this machine', () => {
    const host = probeHost()
    expect(host.kernel[0]).toBeGreaterThanOrEqual(5)
    expect(host.machine).toMatch(/^\w+$/)
    expect(host.euid).toBe(process.geteuid?.())
    expect(host.lastCapability).toBeGreaterThanOrEqual(37)
    expect(host.ownNamespaces['mnt']).toMatch(/^mnt:\[\d+\]$/)
    expect(['v1', 'v2', 'hybrid', 'none']).toContain(host.cgroup.layout)
    expect(JSON.parse(JSON.stringify({ ...host, capabilities: 0 }))).toMatchObject({ machine: host.machine })
  })

  it('reads a fact once and keeps it', () => {
    put('proc/self/status', 'Name:\tx\nCapInh:\t0000000000000000\nCapEff:\t000001ffffffffff\n')
    const host = probeHost({ root })
    expect(host.capabilities).toBe(0x1ffffffffffn)
    put('proc/self/status', 'CapEff:\t0\n')
    expect(host.capabilities).toBe(0x1ffffffffffn)
  })

  it('takes root in another user namespace for rootless', () => {
    put('proc/self/x', '')
    mkdirSync(join(root, 'proc/self/ns'))
    symlinkSync('user:[4026531837]', join(root, 'proc/self/ns/user'))
    expect(probeHost({ root }).rootless).toBe(process.geteuid?.() !== 0)
    rmSync(join(root, 'proc/self/ns/user'))
    symlinkSync('user:[4026532999]', join(root, 'proc/self/ns/user'))
    expect(probeHost({ root }).rootless).toBe(true)
  })

  it('finds id map helpers only where they can be executed', () => {
    put('usr/bin/newuidmap', '', 0o755)
    put('usr/bin/newgidmap', '', 0o644)
    const host = probeHost({ root })
    expect(host.newuidmap).toBe('/usr/bin/newuidmap')
    expect(host.newgidmap).toBeUndefined()
  })

  it('reads the cgroup layout from mountinfo when /sys/fs/cgroup is not cgroup2', () => {
    put('proc/self/cgroup', '4:memory:/a\n0::/a\n')
    put(
      'proc/self/mountinfo',
      '1 0 0:1 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n2 0 0:2 / /sys/fs/cgroup/unified rw - cgroup2 none rw\n',
    )
    put('sys/fs/cgroup/unified/cgroup.controllers', 'hugetlb misc\n')
    expect(probeHost({ root }).cgroup).toEqual({
      layout: 'hybrid',
      v1: [{ controllers: ['memory'], mountPoint: '/sys/fs/cgroup/memory', ownPath: '/a' }],
      v2: { mountPoint: '/sys/fs/cgroup/unified', ownPath: '/a', controllers: ['hugetlb', 'misc'] },
    })
  })

  it('knows the security modules', () => {
    expect(probeHost({ root })).toMatchObject({ apparmor: false, selinux: false })
    put('sys/module/apparmor/parameters/enabled', 'Y\n')
    put('sys/fs/selinux/enforce', '1')
    expect(probeHost({ root })).toMatchObject({ apparmor: true, selinux: true })
  })
})

describe('effectiveCapabilities()', () => {
  it('reads the CapEff line and no other', () => {
    expect(effectiveCapabilities('CapPrm:\t00000000000000ff\nCapEff:\t000000000000000f\n')).toBe(15n)
    expect(effectiveCapabilities('')).toBe(0n)
  })
})
