import type { LinuxResources } from '@teu/spec'
import { describe, expect, it } from 'vitest'
import { at, HYBRID, V1, V2 } from '../../../test/support/cgroup-hosts.ts'
import { compileResources, compileUpdate } from './compile.ts'
import type { CompileOptions } from './write.ts'

const DIR = '/sys/fs/cgroup/c/'

/** `file=value` of each write on a pure v2 host. */
function v2(resources: LinuxResources, options?: CompileOptions): string[] {
  return compileResources(resources, at(V2), options).map(({ file, value }) => `${file.replace(DIR, '')}=${value}`)
}

function refusal(resources: LinuxResources, location = at(V2)): unknown {
  try {
    return compileResources(resources, location)
  } catch (error) {
    const { code, pointer } = error as { code: string; pointer: string }
    return [code, pointer]
  }
}

describe('compileResources() on v2', () => {
  it('writes nothing that was not asked', () => {
    expect(v2({})).toEqual([])
    expect(v2({ memory: {}, cpu: {}, pids: {}, blockIO: {}, hugepageLimits: [], rdma: {}, unified: {}, network: {} })).toEqual([])
    expect(v2({ memory: { limit: undefined } })).toEqual([])
  })

  it('leaves out what a new cgroup has by itself', () => {
    const resources: LinuxResources = {
      memory: { limit: -1, swap: -1, disableOOMKiller: false, useHierarchy: true },
      cpu: { shares: 1024, quota: -1, period: 100_000, burst: 0, idle: 0, cpus: '', mems: '' },
      pids: { limit: -1 },
    }
    expect(v2(resources)).toEqual([])
  })

  it('takes 0 for unset where runtimes always did', () => {
    expect(v2({ memory: { limit: 0, swap: 0n, reservation: 0 }, cpu: { shares: 0, quota: 0, period: 0 }, blockIO: { weight: 0 } })).toEqual(
      [],
    )
  })

  it('sets memory, with swap counted by itself', () => {
    expect(v2({ memory: { limit: 1000, swap: 1500, reservation: 500 } })).toEqual([
      'memory.swap.max=500',
      'memory.max=1000',
      'memory.low=500',
    ])
    expect(v2({ memory: { limit: 1000 } })).toEqual(['memory.max=1000'])
    expect(v2({ memory: { limit: 1000, swap: -1 } })).toEqual(['memory.max=1000'])
    expect(v2({ memory: { limit: 9223372036854775807n } })).toEqual(['memory.max=9223372036854775807'])
  })

  it('does without swap accounting when swap and memory are equal', () => {
    const resources = { memory: { limit: 1000, swap: 1000 } }
    expect(v2(resources)).toEqual(['memory.swap.max=0', 'memory.max=1000'])
    expect(v2(resources, { hasFile: () => false })).toEqual(['memory.max=1000'])
  })

  it('sets CPU weight, quota and placement', () => {
    expect(v2({ cpu: { shares: 512, quota: 50_000, period: 200_000, burst: 1000, cpus: '0-1', mems: '0' } })).toEqual([
      'cpu.weight=59',
      'cpu.max=50000 200000',
      'cpu.max.burst=1000',
      'cpuset.cpus=0-1',
      'cpuset.mems=0',
    ])
    expect(v2({ cpu: { quota: 50_000 } })).toEqual(['cpu.max=50000 100000'])
    expect(v2({ cpu: { period: 50_000 } })).toEqual(['cpu.max=max 50000'])
  })

  it('makes a cgroup idle after its weight is set', () => {
    expect(v2({ cpu: { shares: 2, idle: 1 } })).toEqual(['cpu.weight=1', 'cpu.idle=1'])
  })

  it('sets the number of tasks, at least the one that init needs', () => {
    expect(v2({ pids: { limit: 32 } })).toEqual(['pids.max=32'])
    expect(v2({ pids: { limit: 0 } })).toEqual(['pids.max=1'])
    expect(v2({ pids: { limit: -7 } })).toEqual([])
  })

  it('sets block I/O by weight and rate, one line for each device', () => {
    const resources: LinuxResources = {
      blockIO: {
        weight: 1000,
        weightDevice: [{ major: 8, minor: 0, weight: 10 }],
        throttleReadBpsDevice: [{ major: 8, minor: 0, rate: 1000 }],
        throttleWriteIOPSDevice: [
          { major: 8, minor: 0, rate: 20 },
          { major: 8, minor: 16, rate: 0 },
        ],
      },
    }
    expect(v2(resources)).toEqual(['io.weight=10000', 'io.weight=8:0 1', 'io.max=8:0 rbps=1000 wiops=20', 'io.max=8:16 wiops=max'])
    expect(v2(resources, { hasFile: () => true }).slice(0, 2)).toEqual(['io.bfq.weight=1000', 'io.bfq.weight=8:0 10'])
  })

  it('limits huge pages in use and reserved', () => {
    expect(v2({ hugepageLimits: [{ pageSize: '2MB', limit: 18446744073709551615n }] })).toEqual([
      'hugetlb.2MB.max=18446744073709551615',
      'hugetlb.2MB.rsvd.max=18446744073709551615',
    ])
  })

  it('limits RDMA devices', () => {
    expect(v2({ rdma: { mlx5_1: { hcaHandles: 3, hcaObjects: 10000 }, rxe3: { hcaObjects: 5 }, none: {} } })).toEqual([
      'rdma.max=mlx5_1 hca_handle=3 hca_object=10000',
      'rdma.max=rxe3 hca_object=5',
    ])
  })

  it('writes unified files last and as they are', () => {
    expect(v2({ unified: { 'memory.high': '100', 'cgroup.max.depth': '3' }, memory: { limit: 5 } })).toEqual([
      'memory.max=5',
      'memory.high=100',
      'cgroup.max.depth=3',
    ])
  })

  it('points to the value that asked', () => {
    const writes = compileResources(
      { memory: { limit: 1 }, unified: { 'io.max': 'x' }, blockIO: { throttleReadBpsDevice: [{ major: 1, minor: 2, rate: 3 }] } },
      at(V2),
    )
    expect(writes.map(({ pointer, controller }) => [pointer, controller])).toEqual([
      ['/linux/resources/memory/limit', 'memory'],
      ['/linux/resources/blockIO/throttleReadBpsDevice/0', 'io'],
      ['/linux/resources/unified/io.max', 'unified'],
    ])
  })

  it('warns of kernel memory limits and ignores them', () => {
    const warnings: string[] = []
    expect(v2({ memory: { kernel: 1, kernelTCP: 2 } }, { onWarning: (message) => warnings.push(message) })).toEqual([])
    expect(warnings).toHaveLength(2)
  })

  it.each<[LinuxResources, string]>([
    [{ memory: { swappiness: 10 } }, 'memory/swappiness'],
    [{ memory: { disableOOMKiller: true } }, 'memory/disableOOMKiller'],
    [{ cpu: { realtimeRuntime: 10 } }, 'cpu/realtimeRuntime'],
    [{ cpu: { realtimePeriod: 10 } }, 'cpu/realtimePeriod'],
    [{ blockIO: { leafWeight: 10 } }, 'blockIO/leafWeight'],
    [{ network: { classID: 1 } }, 'network/classID'],
    [{ network: { priorities: [{ name: 'eth0', priority: 1 }] } }, 'network/priorities/0'],
    [{ unified: { 'dmem.max': '1' } }, 'unified/dmem.max'],
  ])('refuses %o, which v2 or this host does not have', (resources, pointer) => {
    expect(refusal(resources)).toEqual(['ERR_TEU_UNSUPPORTED', `/linux/resources/${pointer}`])
  })

  it('refuses limits of a controller that the host does not offer', () => {
    const bare = at({ ...V2, v2: { mountPoint: '/sys/fs/cgroup', ownPath: '/', controllers: ['pids'] } })
    expect(refusal({ memory: { limit: 1 } }, bare)).toEqual(['ERR_TEU_UNSUPPORTED', '/linux/resources/memory/limit'])
    expect(refusal({ memory: { limit: -1 }, pids: { limit: 3 } }, bare)).toHaveLength(1)
    const none = { layout: 'none', manager: 'fs', paths: {}, hierarchies: [] } as const
    expect(refusal({ cpu: { cpus: '0' } }, none)).toEqual(['ERR_TEU_UNSUPPORTED', '/linux/resources/cpu/cpus'])
    expect(refusal({ unified: { 'memory.high': '1' } }, at(V1))).toEqual(['ERR_TEU_UNSUPPORTED', '/linux/resources/unified/memory.high'])
  })

  it('uses v2 for controllers that the hybrid layout has only there', () => {
    expect(compileResources({ hugepageLimits: [{ pageSize: '2MB', limit: 0 }] }, at(HYBRID)).map(({ file }) => file)).toEqual([
      '/sys/fs/cgroup/unified/c/hugetlb.2MB.max',
      '/sys/fs/cgroup/unified/c/hugetlb.2MB.rsvd.max',
    ])
  })
})

describe('compileResources() with hostile values', () => {
  it.each<[LinuxResources, string]>([
    [{ memory: { limit: -2 } }, 'memory/limit'],
    [{ memory: { limit: 1.5 } }, 'memory/limit'],
    [{ memory: { limit: 2n ** 63n } }, 'memory/limit'],
    [{ memory: { limit: '12' as never } }, 'memory/limit'],
    [{ memory: { limit: 10, swap: 9 } }, 'memory/swap'],
    [{ memory: { swap: 9 } }, 'memory/swap'],
    [{ memory: { limit: -1, swap: 9 } }, 'memory/swap'],
    [{ cpu: { idle: 2 } }, 'cpu/idle'],
    [{ cpu: { cpus: '0\n1' } }, 'cpu/cpus'],
    [{ cpu: { cpus: '0-' } }, 'cpu/cpus'],
    [{ cpu: { mems: '../x' } }, 'cpu/mems'],
    [{ blockIO: { weight: 9 } }, 'blockIO/weight'],
    [{ blockIO: { throttleReadBpsDevice: [{ major: -1, minor: 0, rate: 1 }] } }, 'blockIO/throttleReadBpsDevice/0/major'],
    [
      { blockIO: { throttleReadBpsDevice: [{ major: '8:0 wbps=1' as never, minor: 0, rate: 1 }] } },
      'blockIO/throttleReadBpsDevice/0/major',
    ],
    [{ hugepageLimits: [{ pageSize: '../../x', limit: 1 }] }, 'hugepageLimits/0/pageSize'],
    [{ hugepageLimits: [{ pageSize: '2MB\n', limit: 1 }] }, 'hugepageLimits/0/pageSize'],
    [{ hugepageLimits: [{ pageSize: '2MB/', limit: 1 }] }, 'hugepageLimits/0/pageSize'],
    [{ hugepageLimits: [{ pageSize: '02MB', limit: 1 }] }, 'hugepageLimits/0/pageSize'],
    [{ rdma: { 'a hca_object=max\nb': { hcaObjects: 1 } } }, 'rdma/a hca_object=max\nb'],
    [{ rdma: { 'a/b': { hcaObjects: 1 } } }, 'rdma/a~1b'],
    [{ unified: { '../memory.max': '1' } }, 'unified/..~1memory.max'],
    [{ unified: { 'memory/max': '1' } }, 'unified/memory~1max'],
    [{ unified: { 'memory.max\n': '1' } }, 'unified/memory.max\n'],
    [{ unified: { 'memory max': '1' } }, 'unified/memory max'],
    [{ unified: { memory: '1' } }, 'unified/memory'],
    [{ unified: { '.': '1' } }, 'unified/.'],
    [{ unified: { 'cgroup.procs': '1' } }, 'unified/cgroup.procs'],
    [{ unified: { 'cgroup.threads': '1' } }, 'unified/cgroup.threads'],
    [{ unified: { 'cgroup.kill': '1' } }, 'unified/cgroup.kill'],
    [{ unified: { 'cgroup.freeze': '1' } }, 'unified/cgroup.freeze'],
    [{ unified: { 'cgroup.subtree_control': '+memory' } }, 'unified/cgroup.subtree_control'],
    [{ unified: { 'memory.max': 'a\0b' } }, 'unified/memory.max'],
    [JSON.parse('{"unified":{"__proto__":"1"}}') as LinuxResources, 'unified/__proto__'],
  ])('refuses %o and says where', (resources, pointer) => {
    expect(refusal(resources)).toEqual(['ERR_TEU_CONFIG_INVALID', `/linux/resources/${pointer}`])
  })

  it('reads no inherited property as config', () => {
    expect(v2(Object.create({ memory: { limit: 5 } }) as LinuxResources)).toEqual([])
    expect(v2({ memory: Object.create({ limit: 5 }) as object })).toEqual([])
    expect(v2(JSON.parse('{"__proto__":{"memory":{"limit":5}},"constructor":{"memory":1}}') as LinuxResources)).toEqual([])
  })
})

describe('compileUpdate() on v2', () => {
  const update = (old: LinuxResources, patch: Parameters<typeof compileUpdate>[1]): string[] =>
    compileUpdate(old, patch, at(V2)).writes.map(({ file, value }) => `${file.replace(DIR, '')}=${value}`)

  it('writes what the patch names and nothing else', () => {
    const old = { memory: { limit: 1000, swap: 2000 }, cpu: { quota: 5000, burst: 10 }, pids: { limit: 3 } }
    expect(update(old, { pids: { limit: 4 } })).toEqual(['pids.max=4'])
    expect(update(old, {})).toEqual([])
  })

  it('keeps the period when the quota changes, and the reverse', () => {
    expect(update({ cpu: { quota: 5000, period: 20_000 } }, { cpu: { quota: 6000 } })).toEqual(['cpu.max=6000 20000'])
    expect(update({ cpu: { quota: 5000, period: 20_000 } }, { cpu: { period: 30_000 } })).toEqual(['cpu.max=5000 30000'])
  })

  it('works out swap anew when only the memory limit changes', () => {
    expect(update({ memory: { limit: 1000, swap: 2000 } }, { memory: { limit: 1500 } })).toEqual(['memory.swap.max=500', 'memory.max=1500'])
    expect(update({ memory: { limit: 1000 } }, { memory: { limit: -1 } })).toEqual(['memory.swap.max=max', 'memory.max=max'])
  })

  it('writes defaults too, because the cgroup may differ from them', () => {
    expect(update({ cpu: { shares: 2 } }, { cpu: { shares: 1024 } })).toEqual(['cpu.weight=100'])
    expect(update({}, { pids: { limit: -1 } })).toEqual(['pids.max=max'])
  })

  it('clears by null: a member, or a whole group', () => {
    expect(update({ memory: { limit: 5, reservation: 3 } }, { memory: { limit: null } })).toEqual(['memory.max=max'])
    expect(update({ memory: { limit: 5, reservation: 3 }, pids: { limit: 3 } }, { memory: null })).toEqual([
      'memory.max=max',
      'memory.low=0',
    ])
    expect(update({ cpu: { cpus: '0' } }, { cpu: { cpus: null } })).toEqual(['cpuset.cpus=\n'])
    expect(update({ cpu: { idle: 1, shares: 5 } }, { cpu: null })).toEqual(['cpu.idle=0', 'cpu.weight=100'])
  })

  it('takes a new list for the whole truth', () => {
    const old: LinuxResources = {
      blockIO: {
        throttleReadBpsDevice: [
          { major: 8, minor: 0, rate: 5 },
          { major: 8, minor: 1, rate: 5 },
        ],
      },
      hugepageLimits: [{ pageSize: '2MB', limit: 5 }],
      rdma: { a: { hcaObjects: 1 } },
    }
    expect(update(old, { blockIO: { throttleReadBpsDevice: [{ major: 8, minor: 1, rate: 6 }] } })).toEqual([
      'io.max=8:0 rbps=max',
      'io.max=8:1 rbps=6',
    ])
    expect(update(old, { hugepageLimits: [] })).toEqual(['hugetlb.2MB.max=max', 'hugetlb.2MB.rsvd.max=max'])
    expect(update(old, { rdma: { b: { hcaHandles: 1 } } })).toEqual(['rdma.max=b hca_handle=1', 'rdma.max=a hca_handle=max hca_object=max'])
  })

  it('asks for a look at the usage when the config says so', () => {
    const { writes } = compileUpdate({ memory: { checkBeforeUpdate: true, limit: 9 } }, { memory: { limit: 5 } }, at(V2))
    expect(writes).toMatchObject([{ above: `${DIR}memory.current` }])
  })

  it('does not take back a unified value without knowing what to put there', () => {
    expect(() => compileUpdate({ unified: { 'memory.high': '5' } }, { unified: { 'memory.high': null } }, at(V2))).toThrow('no default')
    expect(update({ unified: { 'memory.high': '5' } }, { unified: { 'memory.min': '1' } })).toEqual(['memory.min=1'])
  })
})
