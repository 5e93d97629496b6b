import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { TeuError } from '../error.ts'
import { parseSpec, type SpecWarning, validateProcess, validateResources, validateResourcesPatch, validateSpec } from '../validate.ts'

const FULL = readFileSync(new URL('../../test/full-config.json', import.meta.url), 'utf8')

type Tree = Record<string, unknown>

/** Sets (or with undefined removes) the value at a pointer in a fresh copy of the full config. */
function changed(pointer: string, value: unknown): unknown {
  const spec = parseSpec(FULL) as unknown as Tree
  const keys = pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/'))
  const last = keys.pop() as string
  let at = spec
  for (const key of keys) at = at[key] as Tree
  if (value === undefined) delete at[last]
  else at[last] = value
  return spec
}

function problem(validate: () => unknown): TeuError {
  try {
    validate()
  } catch (error) {
    return error as TeuError
  }
  throw new Error('expected a failure')
}

function warnings(value: unknown): SpecWarning[] {
  const found: SpecWarning[] = []
  validateSpec(value, { onWarning: (warning) => found.push(warning) })
  return found
}

describe('validateSpec() accepts', () => {
  it('a config that uses every property of the specification, without a warning', () => {
    expect(warnings(parseSpec(FULL))).toEqual([])
  })

  it('the smallest config', () => {
    const spec = { ociVersion: '1.0.0', root: { path: 'rootfs' } }
    expect(validateSpec(spec)).toBe(spec)
  })

  it.each<[string, unknown]>([
    ['/ociVersion', '1.0.2-dev'],
    ['/ociVersion', '1.3.0+build.5'],
    ['/process/user/uid', 0],
    ['/process/capabilities', {}],
    ['/process/rlimits', []],
    ['/process/execCPUAffinity/final', ''],
    ['/process/args', ['x']],
    ['/process/consoleSize', undefined],
    ['/process/scheduler', { policy: 'SCHED_RR', priority: 99 }],
    ['/process/scheduler', { policy: 'SCHED_DEADLINE', runtime: 1024, deadline: 2n ** 62n }],
    ['/hostname', ''],
    ['/mounts/0/options', []],
    ['/linux/cgroupsPath', 'system.slice:teu:box'],
    ['/linux/cgroupsPath', 'a..b/...'],
    ['/linux/cgroupsPath', ''],
    ['/linux/namespaces/6/path', '/proc/1/ns/cgroup'],
    ['/linux/resources/memory', { limit: -1 }],
    ['/linux/resources/memory', { limit: -1, swap: -1 }],
    ['/linux/resources/memory', { swap: -1 }],
    ['/linux/resources/memory', { limit: 10, swap: 10n }],
    ['/linux/resources/memory', { limit: 0, swap: 0 }],
    ['/linux/resources/cpu', { quota: -1, burst: 5 }],
    ['/linux/resources/cpu', { cpus: '0-8191', mems: '' }],
    ['/linux/resources/pids', {}],
    ['/linux/resources/pids/limit', -5],
    ['/linux/resources/devices', [{ allow: true }]],
    ['/linux/resources/devices', [{ allow: true, type: '', major: -1 }]],
    ['/linux/resources/unified', { 'cgroup.max.depth': '3' }],
    ['/linux/seccomp', { defaultAction: 'SCMP_ACT_TRACE', defaultErrnoRet: 65535 }],
    ['/linux/seccomp/syscalls', []],
    ['/linux/rootfsPropagation', ''],
    ['/linux/intelRdt/closID', '/'],
    ['/linux/memoryPolicy', { mode: 'MPOL_PREFERRED' }],
    ['/linux/memoryPolicy', { mode: 'MPOL_LOCAL', nodes: '' }],
    ['/linux/timeOffsets', {}],
    ['/linux/netDevices', { eth0: { name: '' } }],
  ])('%s = %o', (pointer, value) => {
    expect(() => validateSpec(changed(pointer, value))).not.toThrow()
  })

  it('properties that it does not know, whatever they hold', () => {
    const spec = { ociVersion: '1.0.0', root: { path: 'r', color: null }, windows: 5, process: undefined, linux: { future: [{}] } }
    expect(() => validateSpec(spec)).not.toThrow()
  })

  it('a process without a user as root, and says so', () => {
    const spec = { ociVersion: '1.0.0', root: { path: 'r' }, process: { args: ['a'], cwd: '/' } }
    expect(warnings(spec)).toEqual([{ pointer: '/process/user', message: expect.stringContaining('uid 0') }])
    expect(validateSpec(spec).process?.user).toEqual({ uid: 0, gid: 0 })
    expect(spec.process).not.toHaveProperty('user')
  })
})

describe('validateSpec() warns of', () => {
  it.each<[string, unknown, string]>([
    ['/ociVersion', '1.99.0', '/ociVersion'],
    ['/mounts/0/destination', 'proc', '/mounts/0/destination'],
    ['/process/capabilities/bounding', ['CAP_KILL', 'CAP_FUTURE_2'], '/process/capabilities/bounding/1'],
    ['/process/capabilities/effective', ['CAP_CHOWN'], '/process/capabilities/effective/0'],
    ['/process/capabilities/ambient', ['CAP_KILL'], '/process/capabilities/ambient/0'],
  ])('%s = %o', (pointer, value, expected) => {
    expect(warnings(changed(pointer, value)).map((warning) => warning.pointer)).toEqual([expected])
  })
})

describe('validateSpec() refuses', () => {
  it.each<[pointer: string, value: unknown, message: string, at?: string]>([
    ['/ociVersion', undefined, 'ociVersion: required, but missing'],
    ['/ociVersion', '2.0.0', 'ociVersion: expected a version 1.x.y of the specification, got "2.0.0"'],
    ['/ociVersion', '1.0', 'ociVersion: expected a version 1.x.y of the specification, got "1.0"'],
    ['/root', undefined, 'root: required, but missing'],
    ['/root', null, 'root: expected an object, got null'],
    ['/root/path', '', 'root.path: expected a string that is not empty, got ""'],
    ['/root/readonly', 1, 'root.readonly: expected true or false, got 1'],
    ['/hostname', 'é'.repeat(33), 'hostname: expected at most 64 bytes, got '],
    ['/process/cwd', 'work', 'process.cwd: expected an absolute path, got "work"'],
    ['/process/args', [], 'process.args: expected at least one entry, got an empty array'],
    ['/process/args', [''], 'process.args[0]: expected a program, got ""', '/process/args/0'],
    ['/process/args', 'sh', 'process.args: expected an array, got "sh"'],
    ['/process/args/1', 5, 'process.args[1]: expected a string, got 5'],
    ['/process/env/1', 'FOO', 'process.env[1]: expected an entry of the form NAME=value, got "FOO"'],
    ['/process/env/1', '=x', 'process.env[1]: expected an entry of the form NAME=value, got "=x"'],
    ['/process/env/1', '', 'process.env[1]: expected an entry of the form NAME=value, got ""'],
    ['/process/user', { gid: 0 }, 'process.user.uid: required, but missing', '/process/user/uid'],
    ['/process/user/umask', 0o1000, 'process.user.umask: expected an integer from 0 to 511, got 512'],
    [
      '/process/user/additionalGids',
      Array.from({ length: 65537 }, () => 1),
      'process.user.additionalGids: expected at most 65536 groups, got 65537',
    ],
    ['/process/consoleSize/width', 65536, 'process.consoleSize.width: expected an integer from 0 to 65535, got 65536'],
    [
      '/process/capabilities/bounding/0',
      'chown',
      'process.capabilities.bounding[0]: expected a capability name such as CAP_CHOWN, got "chown"',
    ],
    ['/process/capabilities/bounding/0', '21', 'process.capabilities.bounding[0]: expected a capability name such as CAP_CHOWN, got "21"'],
    ['/process/rlimits/0/type', 'RLIMIT_X', 'process.rlimits[0].type: expected one of RLIMIT_CPU, '],
    ['/process/rlimits/1/type', 'RLIMIT_NOFILE', 'process.rlimits[1].type: "RLIMIT_NOFILE" is there twice'],
    ['/process/rlimits/0/soft', 4097, 'process.rlimits[0].soft: expected at most the hard limit 4096, got 4097'],
    ['/process/oomScoreAdj', 1001, 'process.oomScoreAdj: expected an integer from -1000 to 1000, got 1001'],
    ['/process/scheduler/priority', 5, 'process.scheduler.priority: has no meaning for SCHED_BATCH'],
    ['/process/scheduler/runtime', 5, 'process.scheduler.runtime: has no meaning for SCHED_BATCH'],
    [
      '/process/scheduler',
      { policy: 'SCHED_FIFO' },
      'process.scheduler.priority: expected an integer from 1 to 99',
      '/process/scheduler/priority',
    ],
    [
      '/process/scheduler',
      { policy: 'SCHED_RR', priority: 1, nice: 1 },
      'process.scheduler.nice: has no meaning for SCHED_RR',
      '/process/scheduler/nice',
    ],
    [
      '/process/scheduler',
      { policy: 'SCHED_DEADLINE', runtime: 9e6, deadline: 8e6 },
      'process.scheduler.deadline: expected at least',
      '/process/scheduler/deadline',
    ],
    ['/process/scheduler/policy', 'SCHED_NONE', 'process.scheduler.policy: expected one of SCHED_OTHER, '],
    ['/process/ioPriority/priority', 8, 'process.ioPriority.priority: expected an integer from 0 to 7, got 8'],
    ['/process/execCPUAffinity/initial', '3-1', 'process.execCPUAffinity.initial: expected a list of numbers'],
    ['/mounts/0/destination', '', 'mounts[0].destination: expected a string that is not empty, got ""'],
    ['/mounts/1/options/0', '', 'mounts[1].options[0]: expected a string that is not empty, got ""'],
    ['/mounts/2/gidMappings', undefined, 'mounts[2].gidMappings: required, because the other id map is there'],
    ['/hooks/prestart/0/path', 'true', 'hooks.prestart[0].path: expected an absolute path, got "true"'],
    ['/hooks/poststop/0/path', './true', 'hooks.poststop[0].path: expected an absolute path, got "./true"'],
    ['/hooks/prestart/0/timeout', 0, 'hooks.prestart[0].timeout: expected an integer from 1 to '],
    ['/hooks/prestart/0/env/0', 'A', 'hooks.prestart[0].env[0]: expected an entry of the form NAME=value, got "A"'],
    ['/annotations/', 'x', 'annotations[""]: expected a string that is not empty, got the key ""'],
    ['/annotations/a', 5, 'annotations.a: expected a string, got 5'],
    [
      '/linux/namespaces/0/type',
      'net',
      'linux.namespaces[0].type: expected one of pid, network, mount, ipc, uts, user, cgroup, time, got "net"',
    ],
    ['/linux/namespaces/0/type', 'ipc', 'linux.namespaces[2].type: "ipc" is there twice', '/linux/namespaces/2/type'],
    ['/linux/namespaces/1/path', 'run/netns', 'linux.namespaces[1].path: expected an absolute path, got "run/netns"'],
    ['/linux/namespaces/1/path', '', 'linux.namespaces[1].path: expected an absolute path, got ""'],
    ['/linux/devices/0/minor', undefined, 'linux.devices[0].minor: required, but missing'],
    ['/linux/devices/0/major', 4096, 'linux.devices[0].major: expected an integer from 0 to 4095, got 4096'],
    ['/linux/devices/0/type', 'a', 'linux.devices[0].type: expected one of c, b, u, p, got "a"'],
    ['/linux/devices/0/path', 'dev/fuse', 'linux.devices[0].path: expected an absolute path, got "dev/fuse"'],
    ['/linux/netDevices/eth2', { name: 'lan0' }, 'linux.netDevices.eth2: another device gets the name lan0'],
    [
      '/linux/netDevices/eth2',
      { name: 'a/b' },
      'linux.netDevices.eth2.name: expected a network device name',
      '/linux/netDevices/eth2/name',
    ],
    ['/linux/netDevices/a:b', {}, 'linux.netDevices["a:b"]: expected a network device name'],
    ['/linux/netDevices/sixteen-bytes-is', {}, 'linux.netDevices["sixteen-bytes-is"]: expected a network device name'],
    ['/linux/resources/memory/limit', '12', 'linux.resources.memory.limit: expected an integer >= -1, got "12"'],
    ['/linux/resources/memory/limit', -2, 'linux.resources.memory.limit: expected an integer >= -1, got -2'],
    ['/linux/resources/memory/limit', 2n ** 63n, 'linux.resources.memory.limit: expected an integer >= -1, got 9223372036854775808'],
    [
      '/linux/resources/memory/swap',
      5,
      'linux.resources.memory.swap: expected memory and swap together, at least the memory limit 536870912, got 5',
    ],
    ['/linux/resources/memory/limit', undefined, 'linux.resources.memory.swap: needs a memory limit too', '/linux/resources/memory/swap'],
    ['/linux/resources/memory/limit', -1, 'linux.resources.memory.swap: expected -1', '/linux/resources/memory/swap'],
    ['/linux/resources/memory/swappiness', 101, 'linux.resources.memory.swappiness: expected an integer from 0 to 100, got 101'],
    ['/linux/resources/cpu/shares', 1, 'linux.resources.cpu.shares: expected an integer from 2 to 262144, or 0 for unset, got 1'],
    ['/linux/resources/cpu/quota', 999, 'linux.resources.cpu.quota: expected at least 1000 microseconds'],
    ['/linux/resources/cpu/period', 10, 'linux.resources.cpu.period: expected an integer from 1000 to 1000000, or 0 for unset, got 10'],
    ['/linux/resources/cpu/burst', 50001, 'linux.resources.cpu.burst: expected at most the quota 50000, got 50001'],
    ['/linux/resources/cpu/realtimeRuntime', 2e6, 'linux.resources.cpu.realtimeRuntime: expected at most the period 1000000, got 2000000'],
    ['/linux/resources/cpu/idle', 2, 'linux.resources.cpu.idle: expected an integer from 0 to 1, got 2'],
    ['/linux/resources/blockIO/weight', 9, 'linux.resources.blockIO.weight: expected an integer from 10 to 1000, or 0 for unset, got 9'],
    [
      '/linux/resources/blockIO/weightDevice/0',
      { major: 8, minor: 0 },
      'linux.resources.blockIO.weightDevice[0].weight: required',
      '/linux/resources/blockIO/weightDevice/0/weight',
    ],
    [
      '/linux/resources/blockIO/throttleReadBpsDevice/0/rate',
      -1,
      'linux.resources.blockIO.throttleReadBpsDevice[0].rate: expected an integer from 0 to 18446744073709551615, got -1',
    ],
    [
      '/linux/resources/hugepageLimits/1',
      { pageSize: '2MB', limit: 1 },
      'linux.resources.hugepageLimits[1].pageSize: "2MB" is there twice',
      '/linux/resources/hugepageLimits/1/pageSize',
    ],
    ['/linux/resources/network/priorities/0/name', 'a b', 'linux.resources.network.priorities[0].name: expected a network device name'],
    ['/linux/resources/rdma/mlx5_1', {}, 'linux.resources.rdma.mlx5_1: expected hcaHandles, hcaObjects or both, got none'],
    [
      '/linux/resources/devices/0',
      { allow: true, major: 1 },
      'linux.resources.devices[0].major: has no meaning without the type b or c',
      '/linux/resources/devices/0/major',
    ],
    ['/linux/resources/devices/0/access', 'rx', 'linux.resources.devices[0].access: expected a combination of r, w and m, got "rx"'],
    ['/linux/resources/devices/0/access', '', 'linux.resources.devices[0].access: expected a combination of r, w and m, got ""'],
    ['/linux/resources/devices/0/allow', undefined, 'linux.resources.devices[0].allow: required, but missing'],
    ['/linux/intelRdt/closID', '../x', 'linux.intelRdt.closID: expected a directory name, or / for the root class, got "../x"'],
    ['/linux/intelRdt/closID', 'mon_groups', 'linux.intelRdt.closID: expected a directory name'],
    ['/linux/intelRdt/memBwSchema', 'L3:0=1', 'linux.intelRdt.memBwSchema: expected one line that starts with MB:, got "L3:0=1"'],
    ['/linux/intelRdt/schemata/0', 'a\nb', 'linux.intelRdt.schemata[0]: expected one line of text, got "a\\nb"'],
    ['/linux/memoryPolicy/mode', 'MPOL_DEFAULT', 'linux.memoryPolicy.nodes: has no meaning for MPOL_DEFAULT', '/linux/memoryPolicy/nodes'],
    ['/linux/memoryPolicy/nodes', '', 'linux.memoryPolicy.nodes: required for MPOL_BIND'],
    ['/linux/memoryPolicy/flags', ['MPOL_F_STATIC_NODES', 'MPOL_F_RELATIVE_NODES'], 'linux.memoryPolicy.flags: MPOL_F_STATIC_NODES and'],
    ['/linux/rootfsPropagation', 'public', 'linux.rootfsPropagation: expected one of shared, slave, private, unbindable, '],
    ['/linux/maskedPaths/0', 'proc', 'linux.maskedPaths[0]: expected an absolute path, got "proc"'],
    ['/linux/readonlyPaths/0', '', 'linux.readonlyPaths[0]: expected an absolute path, got ""'],
    ['/linux/personality/domain', 'PER_LINUX', 'linux.personality.domain: expected one of LINUX, LINUX32, got "PER_LINUX"'],
    ['/linux/personality/flags', ['X'], 'linux.personality.flags: expected an empty array'],
    ['/linux/timeOffsets/realtime', {}, 'linux.timeOffsets.realtime: expected the clock monotonic or boottime, got the key "realtime"'],
    [
      '/linux/timeOffsets/monotonic/nanosecs',
      1e9,
      'linux.timeOffsets.monotonic.nanosecs: expected an integer from 0 to 999999999, got 1000000000',
    ],
    ['/linux', undefined, 'hostname: needs a uts namespace', '/hostname'],
  ])('%s = %o', (pointer, value, message, at = pointer.replaceAll(' ', '')) => {
    const error = problem(() => validateSpec(changed(pointer, value)))
    expect(error.message).toContain(message)
    expect(error).toMatchObject({ code: 'ERR_TEU_CONFIG_INVALID', pointer: at })
  })

  it.each(['config', 5, null, [], undefined, new Map(), new Date(0)])('the document %j', (value) => {
    expect(problem(() => validateSpec(value)).message).toMatch(/^config: expected an object, got/)
  })

  it.each<[string, unknown, string]>([
    ['uts', '/hostname', 'needs a uts namespace'],
    ['user', '/linux/uidMappings', 'needs a user namespace'],
    ['time', '/linux/timeOffsets', 'needs a new time namespace'],
    ['network', '/linux/netDevices', 'needs a network namespace'],
  ])('settings of a %s namespace that the container does not have', (type, pointer, text) => {
    const spec = parseSpec(FULL)
    const linux = { ...spec.linux, namespaces: spec.linux?.namespaces?.filter((namespace) => namespace.type !== type) }
    const error = problem(() => validateSpec({ ...spec, linux }))
    const all = [error, ...(error.suppressed ?? [])] as TeuError[]
    expect(all.find((one) => one.pointer === pointer)?.message).toContain(text)
  })

  it('an idmap option without maps when there is no user namespace', () => {
    const mounts = [{ destination: '/a', source: '/b', options: ['bind', 'ridmap'] }]
    expect(problem(() => validateSpec({ ociVersion: '1.2.0', root: { path: 'r' }, mounts })).pointer).toBe('/mounts/0/options/1')
  })
})

describe('a report of several problems', () => {
  it('is the first problem, with the others in suppressed', () => {
    const error = problem(() => validateSpec({ ociVersion: '3', root: { path: 1 }, mounts: [{ destination: 5 }, {}] }))
    expect(error.message).toBe('ociVersion: expected a version 1.x.y of the specification, got "3"')
    expect(error.suppressed?.map((other) => (other as TeuError).pointer)).toEqual([
      '/root/path',
      '/mounts/0/destination',
      '/mounts/1/destination',
    ])
    expect(error.suppressed?.every((other) => (other as TeuError).code === 'ERR_TEU_CONFIG_INVALID')).toBe(true)
  })

  it('tells at most twenty beside the first', () => {
    const error = problem(() =>
      validateSpec({ ociVersion: '1.0.0', root: { path: 'r' }, mounts: Array.from({ length: 1000 }, () => ({})) }),
    )
    expect(error.suppressed).toHaveLength(20)
  })

  it('quotes long values in part and values of other types by their kind', () => {
    const message = (cwd: unknown) => problem(() => validateProcess({ args: ['a'], cwd })).message
    expect(message('x'.repeat(1e6)).length).toBeLessThan(150)
    expect(message({})).toBe('cwd: expected a string, got an object')
    expect(message([])).toBe('cwd: expected a string, got an empty array')
    expect(message(null)).toBe('cwd: expected a string, got null')
    expect(message(2 ** 53)).toBe('cwd: expected a string, got 9007199254740992, which is not exact')
  })
})

describe('validateProcess()', () => {
  it('names the pointer base of its document', () => {
    expect(problem(() => validateProcess({ args: ['a'] }, '/process'))).toMatchObject({
      message: 'process.cwd: required, but missing',
      pointer: '/process/cwd',
    })
    expect(problem(() => validateProcess({ args: ['a'] }))).toMatchObject({ message: 'cwd: required, but missing', pointer: '/cwd' })
    expect(problem(() => validateProcess(5)).message).toBe('process: expected an object, got 5')
  })

  it('spells out an absent user in a copy', () => {
    const process = { args: ['a'], cwd: '/' }
    expect(validateProcess(process)).toEqual({ ...process, user: { uid: 0, gid: 0 } })
    const complete = { ...process, user: { uid: 5, gid: 6 } }
    expect(validateProcess(complete)).toBe(complete)
  })

  it('ignores consoleSize without a terminal', () => {
    expect(() => validateProcess({ args: ['a'], cwd: '/', consoleSize: 'large' })).not.toThrow()
    expect(problem(() => validateProcess({ args: ['a'], cwd: '/', terminal: true, consoleSize: 'large' })).pointer).toBe('/consoleSize')
  })
})

describe('validateResources()', () => {
  it('takes a limit of swap alone, because the memory limit may be there already', () => {
    expect(() => validateResources({ memory: { swap: 5 } })).not.toThrow()
    expect(problem(() => validateResources({ memory: { swap: 5, limit: 6 } })).message).toContain('memory.swap: expected')
    expect(problem(() => validateResources([])).message).toBe('resources: expected an object, got an empty array')
  })

  it('refuses null; validateResourcesPatch() takes it as "take the setting back"', () => {
    const patch = { memory: { limit: null }, cpu: null, pids: { limit: 5 } }
    expect(problem(() => validateResources(patch)).message).toBe('memory.limit: expected an integer >= -1, got null')
    expect(validateResourcesPatch(patch)).toBe(patch)
    expect(problem(() => validateResourcesPatch({ hugepageLimits: [null] })).pointer).toBe('/hugepageLimits/0')
  })
})

describe('parseSpec()', () => {
  it('reports text that is no JSON with its position and a wrong value with its pointer', () => {
    expect(problem(() => parseSpec('{', { file: 'config.json' })).message).toMatch(/^config\.json:1:2: expected/)
    expect(problem(() => parseSpec('{"ociVersion":"1.0.0"}', { file: '/b/config.json' }))).toMatchObject({
      message: 'root: required, but missing',
      pointer: '/root',
      path: '/b/config.json',
    })
  })
})
