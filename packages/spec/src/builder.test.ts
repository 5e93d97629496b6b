import { describe, expect, it } from 'vitest'
import { bindMount, type SpecOptions, specFor, tmpfsMount } from './builder.ts'
import { validateSpec } from './validate.ts'

const basic = { rootfs: '/srv/root', command: ['/bin/true'] }

function build(more: Partial<SpecOptions> = {}) {
  const spec = specFor({ ...basic, ...more })
  const warnings: unknown[] = []
  validateSpec(spec, { onWarning: (warning) => warnings.push(warning) })
  expect(warnings).toEqual([])
  return spec
}

describe('specFor()', () => {
  it('refuses capabilities and names of environment variables that cannot be', () => {
    const base = { rootfs: '/r', command: ['true'] }
    expect(() => specFor({ ...base, capabilities: ['CAP_FOO'] })).toThrow(RangeError)
    expect(() => specFor({ ...base, env: { 'A=B': 'c' } })).toThrow('specFor: env must be')
    expect(() => specFor({ ...base, env: { '': 'c' } })).toThrow(RangeError)
  })

  it('is secure by default', () => {
    const spec = build()
    expect(spec.linux?.namespaces?.map(({ type }) => type)).toEqual(['pid', 'network', 'ipc', 'uts', 'mount', 'cgroup'])
    expect(spec.process).toMatchObject({ args: ['/bin/true'], cwd: '/', noNewPrivileges: true, terminal: false, user: { uid: 0, gid: 0 } })
    expect(spec.process?.capabilities?.bounding).toHaveLength(3)
    expect(spec.linux?.resources).toEqual({ devices: [{ allow: false, access: 'rwm' }] })
    expect(spec.linux?.maskedPaths).toContain('/proc/kcore')
    expect(spec.linux?.readonlyPaths).toContain('/proc/sys')
    expect(spec.root).toEqual({ path: '/srv/root', readonly: false })
    expect(JSON.parse(JSON.stringify(spec))).toEqual(spec)
  })

  it('turns limits into resources', () => {
    expect(build({ memory: '64MiB', cpus: 0.5, cpuset: '0-1', pids: 100 }).linux?.resources).toEqual({
      devices: [{ allow: false, access: 'rwm' }],
      memory: { limit: 67108864, swap: 67108864 },
      cpu: { quota: 50000, period: 100000, cpus: '0-1' },
      pids: { limit: 100 },
    })
    expect(build({ memory: '1g', memorySwap: -1 }).linux?.resources?.memory).toEqual({ limit: 1073741824, swap: -1 })
    expect(build({ memory: '-1' }).linux?.resources?.memory).toEqual({ limit: -1, swap: -1 })
    expect(build({ cpus: 0.01 }).linux?.resources?.cpu?.quota).toBe(1000)
  })

  it('adds to the default environment, where a later value wins', () => {
    expect(build().process?.env).toEqual([expect.stringMatching(/^PATH=\/usr\/local\/sbin:/)])
    expect(build({ env: { PATH: '/bin', A: '1=2' }, terminal: true }).process?.env).toEqual(['TERM=xterm', 'PATH=/bin', 'A=1=2'])
    expect(build({ env: ['TERM=dumb', 'B='], terminal: true }).process?.env?.slice(1)).toEqual(['TERM=dumb', 'B='])
  })

  it('passes the rest on', () => {
    const seccomp = { defaultAction: 'SCMP_ACT_ALLOW' } as const
    const spec = build({
      user: { uid: 5, additionalGids: [7], umask: 0o77 },
      mounts: [bindMount('/srv/data', '/data', { readonly: true }), tmpfsMount('/tmp', { size: '1m' })],
      hostname: 'box',
      readonly: true,
      capabilities: ['CAP_CHOWN'],
      noNewPrivileges: false,
      seccomp,
      sysctl: { 'net.ipv4.ip_forward': '1' },
      hooks: { poststop: [{ path: '/usr/bin/true' }] },
      annotations: { a: 'b' },
      cgroupsPath: '/a/b',
      cwd: '/data',
      rlimits: [],
      consoleSize: { height: 1, width: 2 },
    })
    expect(spec.process).toMatchObject({
      user: { uid: 5, gid: 5, additionalGids: [7], umask: 63 },
      cwd: '/data',
      noNewPrivileges: false,
      rlimits: [],
    })
    expect(spec.process?.capabilities).toEqual({ bounding: ['CAP_CHOWN'], effective: ['CAP_CHOWN'], permitted: ['CAP_CHOWN'] })
    expect(spec.mounts?.slice(-2)).toEqual([
      { destination: '/data', type: 'bind', source: '/srv/data', options: ['rbind', 'rprivate', 'nosuid', 'nodev', 'rro'] },
      { destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'nodev', 'mode=1777', 'size=1048576'] },
    ])
    expect(spec).toMatchObject({
      hostname: 'box',
      annotations: { a: 'b' },
      root: { readonly: true },
      linux: { seccomp, cgroupsPath: '/a/b' },
    })
    expect(build({ user: 1000 }).process?.user).toEqual({ uid: 1000, gid: 1000 })
  })

  it('shares the network of the host on request, and makes a user namespace when there are maps', () => {
    expect(build({ network: 'host' }).linux?.namespaces?.map(({ type }) => type)).not.toContain('network')
    const map = [{ containerID: 0, hostID: 100000, size: 65536 }]
    const linux = build({ userNamespace: { uidMappings: map, gidMappings: map } }).linux
    expect(linux).toMatchObject({ uidMappings: map, gidMappings: map })
    expect(linux?.namespaces?.at(-1)).toEqual({ type: 'user' })
  })

  it('does not let a caller change the defaults of the next call', () => {
    const masked = build().linux?.maskedPaths as string[]
    masked.length = 0
    expect(build().linux?.maskedPaths).not.toHaveLength(0)
  })

  it.each<[object, string]>([
    [{ memroy: 5 }, 'specFor: there is no option memroy'],
    [{ cpus: 0 }, 'specFor: cpus must be a number from 0.01 to 1000000, got 0'],
    [{ cpus: Number.NaN }, 'cpus must be a number from 0.01 to 1000000, got NaN'],
    [{ network: 'bridge' }, 'specFor: network must be none or host, got "bridge"'],
    [{ command: undefined }, 'specFor: command must be an array, got nothing'],
    [{ command: 'true' }, 'specFor: command must be an array, got "true"'],
    [{ env: 5 }, 'specFor: env must be an object or an array of strings, with names that have no "=", got 5'],
    [{ env: { A: 5 } }, 'specFor: env must be an object or an array of strings, with names that have no "=", got an object'],
    [{ user: null }, 'specFor: user must be a number or an object, got null'],
    [{ mounts: {} }, 'specFor: mounts must be an array, got an object'],
    [{ capabilities: 5 }, 'specFor: capabilities must be an array of capabilities, such as CAP_NET_BIND_SERVICE, got 5'],
    [{ cpus: true }, 'specFor: cpus must be a number'],
    [{ memorySwap: '5x' }, 'memorySwap: expected a size'],
    [{ memory: 0 }, 'memory: expected a size above 0, or -1 for unlimited, got 0'],
    [{ memorySwap: '0m' }, 'memorySwap: expected a size above 0'],
    [{ memory: '5x' }, 'memory: expected a size in bytes such as 64MiB, got "5x"'],
  ])('refuses %j', (more, message) => {
    expect(() => specFor({ ...basic, ...more })).toThrow(message)
  })
})
