import type { LinuxResources } from '@teu/spec'
import { describe, expect, it } from 'vitest'
import { at, HYBRID } from '../../../test/support/cgroup-hosts.ts'
import { compileResources, compileUpdate } from './compile.ts'
import type { CompileOptions } from './write.ts'

/** `controller/file=value` of each write in the hybrid layout. */
function v1(resources: LinuxResources, options?: CompileOptions): string[] {
  return compileResources(resources, at(HYBRID), options).map(
    ({ file, value }) => `${file.replace('/sys/fs/cgroup/', '').replace('/c/', '/')}=${value}`,
  )
}

describe('compileResources() on v1', () => {
  it('leaves out what a new cgroup has by itself', () => {
    const resources: LinuxResources = {
      memory: { limit: -1, swap: -1, reservation: -1, disableOOMKiller: false },
      cpu: { shares: 1024, quota: -1, period: 100_000, burst: 0, idle: 0, realtimeRuntime: 0, realtimePeriod: 1_000_000 },
      pids: { limit: -1 },
      network: { classID: 0 },
    }
    expect(v1(resources)).toEqual([])
  })

  it('sets memory before memory and swap', () => {
    expect(v1({ memory: { limit: 1000, swap: 1500, reservation: 500, swappiness: 0, disableOOMKiller: true } })).toEqual([
      'memory/memory.limit_in_bytes=1000',
      'memory/memory.memsw.limit_in_bytes=1500',
      'memory/memory.soft_limit_in_bytes=500',
      'memory/memory.swappiness=0',
      'memory/memory.oom_control=1',
    ])
  })

  it('sets CPU shares, times and placement', () => {
    expect(
      v1({
        cpu: { shares: 2, quota: 5000, period: 10_000, burst: 100, realtimeRuntime: 7, realtimePeriod: 8, cpus: '0', mems: '0', idle: 1 },
      }),
    ).toEqual([
      'cpu/cpu.shares=2',
      'cpu/cpu.idle=1',
      'cpu/cpu.rt_period_us=8',
      'cpu/cpu.rt_runtime_us=7',
      'cpu/cpu.cfs_period_us=10000',
      'cpu/cpu.cfs_quota_us=5000',
      'cpu/cpu.cfs_burst_us=100',
      'cpuset/cpuset.cpus=0',
      'cpuset/cpuset.mems=0',
    ])
  })

  it('sets block I/O, one write for each device', () => {
    const resources: LinuxResources = {
      blockIO: {
        weight: 500,
        weightDevice: [{ major: 8, minor: 0, weight: 600 }],
        throttleReadBpsDevice: [{ major: 8, minor: 0, rate: 1 }],
        throttleWriteBpsDevice: [{ major: 8, minor: 0, rate: 2 }],
        throttleReadIOPSDevice: [{ major: 8, minor: 0, rate: 3 }],
        throttleWriteIOPSDevice: [{ major: 8, minor: 0, rate: 18446744073709551615n }],
      },
    }
    expect(v1(resources, { hasFile: () => true })).toEqual([
      'blkio/blkio.bfq.weight=500',
      'blkio/blkio.bfq.weight_device=8:0 600',
      'blkio/blkio.throttle.read_bps_device=8:0 1',
      'blkio/blkio.throttle.write_bps_device=8:0 2',
      'blkio/blkio.throttle.read_iops_device=8:0 3',
      'blkio/blkio.throttle.write_iops_device=8:0 18446744073709551615',
    ])
  })

  it('sets network classes and priorities', () => {
    expect(v1({ network: { classID: 1_048_577, priorities: [{ name: 'eth0', priority: 5 }] } })).toEqual([
      'net_cls/net_cls.classid=1048577',
      'net_prio/net_prio.ifpriomap=eth0 5',
    ])
  })

  it.each<[LinuxResources, string, string]>([
    // The kernel would clamp these without a word.
    [{ cpu: { shares: 1 } }, 'ERR_TEU_CONFIG_INVALID', 'cpu/shares'],
    [{ cpu: { shares: 262_145 } }, 'ERR_TEU_CONFIG_INVALID', 'cpu/shares'],
    [{ memory: { swappiness: 101 } }, 'ERR_TEU_CONFIG_INVALID', 'memory/swappiness'],
    [{ memory: { limit: 10, swap: 5 } }, 'ERR_TEU_CONFIG_INVALID', 'memory/swap'],
    [{ memory: { swap: 5 } }, 'ERR_TEU_CONFIG_INVALID', 'memory/swap'],
    [{ blockIO: { leafWeight: 10 } }, 'ERR_TEU_UNSUPPORTED', 'blockIO/leafWeight'],
    [{ rdma: { a: { hcaObjects: 1 } } }, 'ERR_TEU_UNSUPPORTED', 'rdma/a'],
    [{ unified: { 'memory.max': '1' } }, 'ERR_TEU_UNSUPPORTED', 'unified/memory.max'],
    [{ network: { priorities: [{ name: 'a b', priority: 5 }] } }, 'ERR_TEU_CONFIG_INVALID', 'network/priorities/0/name'],
    [{ network: { priorities: [{ name: '../x', priority: 5 }] } }, 'ERR_TEU_CONFIG_INVALID', 'network/priorities/0/name'],
    [{ network: { priorities: [{ name: 'a\nb', priority: 5 }] } }, 'ERR_TEU_CONFIG_INVALID', 'network/priorities/0/name'],
  ])('refuses %j', (resources, code, pointer) => {
    expect(() => v1(resources)).toThrow(expect.objectContaining({ code, pointer: `/linux/resources/${pointer}` }))
  })
})

describe('compileUpdate() on v1', () => {
  const update = (old: LinuxResources, patch: Parameters<typeof compileUpdate>[1]): string[] =>
    compileUpdate(old, patch, at(HYBRID)).writes.map(({ file, value }) => `${file.slice(file.lastIndexOf('/') + 1)}=${value}`)

  it('lifts memory and swap together', () => {
    expect(update({ memory: { limit: 5 } }, { memory: { limit: -1 } })).toEqual([
      'memory.limit_in_bytes=-1',
      'memory.memsw.limit_in_bytes=-1',
    ])
  })

  it('does not touch CPU values that the patch does not name', () => {
    expect(update({ cpu: { quota: 5000, period: 20_000, burst: 3 } }, { cpu: { quota: 6000 } })).toEqual(['cpu.cfs_quota_us=6000'])
  })

  it('clears by null', () => {
    expect(update({ memory: { swappiness: 5, disableOOMKiller: true } }, { memory: { swappiness: null, disableOOMKiller: null } })).toEqual(
      ['memory.swappiness=60', 'memory.oom_control=0'],
    )
    expect(
      update({ blockIO: { throttleReadBpsDevice: [{ major: 8, minor: 0, rate: 5 }] } }, { blockIO: { throttleReadBpsDevice: null } }),
    ).toEqual(['blkio.throttle.read_bps_device=8:0 0'])
  })
})
