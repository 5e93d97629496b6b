import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { below, HYBRID, V2 } from '../../../test/support/cgroup-hosts.ts'
import { readStats } from './read.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'teu-stats-'))
})
afterEach(() => rmSync(root, { recursive: true }))

function put(directory: string, files: Record<string, string>): void {
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, directory, file)), { recursive: true })
    writeFileSync(join(root, directory, file), content)
  }
}

const PSI = 'some avg10=1.50 avg60=0.20 avg300=0.00 total=12345\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=9\n'
const PRESSURE = {
  some: { avg10: 1.5, avg60: 0.2, avg300: 0, totalUs: 12345n },
  full: { avg10: 0, avg60: 0, avg300: 0, totalUs: 9n },
}

describe('readStats() on v2', () => {
  const v2 = (files: Record<string, string>): ReturnType<typeof readStats> => {
    put('c', files)
    return readStats(below(root, V2))
  }

  it('reads CPU time in nanoseconds', () => {
    const stat =
      'usage_usec 9007199254740993\nuser_usec 5\nsystem_usec 4\nnr_periods 7\nnr_throttled 3\nthrottled_usec 2\nnr_bursts 1\nburst_usec 8\n'
    expect(v2({ 'cpu.stat': stat, 'cpu.pressure': PSI }).cpu).toEqual({
      usage: { total: 9007199254740993000n, user: 5000n, kernel: 4000n },
      throttling: { periods: 7n, throttledPeriods: 3n, throttledTimeNs: 2000n },
      burst: { bursts: 1n, burstTimeNs: 8000n },
      psi: PRESSURE,
    })
  })

  it('has no throttling where the controller is not enabled', () => {
    expect(v2({ 'cpu.stat': 'usage_usec 9\nuser_usec 5\nsystem_usec 4\n' }).cpu).toEqual({
      usage: { total: 9000n, user: 5000n, kernel: 4000n },
    })
  })

  it('reads memory with its limits, peaks and events', () => {
    const { memory } = v2({
      'memory.current': '1000\n',
      'memory.max': '4096\n',
      'memory.peak': '2000\n',
      'memory.swap.current': '100\n',
      'memory.swap.max': 'max\n',
      'memory.stat': 'anon 5\nfile 300\nworkingset_refault_anon -1\n',
      'memory.events': 'low 0\nhigh 1\nmax 2\noom 3\noom_kill 4\noom_group_kill 5\n',
      'memory.numa_stat': 'anon N0=1 N1=2\nfile N0=3 N1=4\n',
    })
    expect(memory).toEqual({
      usage: { usage: 1000n, limit: 4096n, maxUsage: 2000n, failcnt: 2n },
      cache: 300n,
      swap: { usage: 1100n },
      swapOnly: { usage: 100n },
      useHierarchy: true,
      numa: { anon: { nodes: { 0: 1n, 1: 2n } }, file: { nodes: { 0: 3n, 1: 4n } } },
      raw: { anon: 5n, file: 300n, workingset_refault_anon: 0n },
      oom: { low: 0n, high: 1n, max: 2n, oom: 3n, oomKill: 4n, oomGroupKill: 5n },
    })
  })

  it('reads tasks, and counts them without the controller', () => {
    expect(v2({ 'pids.current': '3\n', 'pids.max': '10\n' }).pids).toEqual({ current: 3n, limit: 10n })
    expect(v2({ 'pids.max': 'max\n' }).pids).toEqual({ current: 3n })
    rmSync(join(root, 'c/pids.current'))
    expect(v2({ 'cgroup.procs': '1\n2\n' }).pids).toEqual({ current: 2n })
  })

  it('reads block I/O', () => {
    const stat = '254:0 253:16 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6 cost.usage=7\n8:0 \n'
    expect(v2({ 'io.stat': stat }).blkio).toEqual({
      serviceBytes: [
        { major: 253, minor: 16, op: 'Read', value: 1n },
        { major: 253, minor: 16, op: 'Write', value: 2n },
        { major: 253, minor: 16, op: 'Discard', value: 5n },
      ],
      serviced: [
        { major: 253, minor: 16, op: 'Read', value: 3n },
        { major: 253, minor: 16, op: 'Write', value: 4n },
        { major: 253, minor: 16, op: 'Discard', value: 6n },
      ],
      cost: [{ major: 253, minor: 16, op: 'cost.usage', value: 7n }],
    })
  })

  it('reads huge pages, preferring reservations, and the rarer controllers', () => {
    const stats = v2({
      'hugetlb.2MB.current': '1\n',
      'hugetlb.2MB.rsvd.current': '2\n',
      'hugetlb.2MB.rsvd.max': '3\n',
      'hugetlb.2MB.events': 'max 4\n',
      'hugetlb.1GB.current': '5\n',
      'hugetlb.1GB.max': 'max\n',
      'rdma.current': 'mlx hca_handle=1 hca_object=2\n',
      'rdma.max': 'mlx hca_handle=max hca_object=9\n',
      'misc.current': 'sev 1\n',
      'misc.events': 'sev.max 2\n',
      'cpuset.cpus.effective': '0-2,5\n',
      'cpuset.mems.effective': '0\n',
    })
    expect(stats.hugetlb).toEqual({ '2MB': { usage: 2n, limit: 3n, failcnt: 4n }, '1GB': { usage: 5n } })
    expect(stats.rdma).toEqual({
      current: [{ device: 'mlx', hcaHandles: 1n, hcaObjects: 2n }],
      limit: [{ device: 'mlx', hcaObjects: 9n }],
    })
    expect(stats.misc).toEqual({ sev: { usage: 1n, events: 2n } })
    expect(stats.cpuset).toEqual({ cpus: [0, 1, 2, 5], mems: [0] })
  })

  it('has absent fields, never zeros, where nothing is', () => {
    mkdirSync(join(root, 'c'))
    expect(Object.keys(readStats(below(root, V2))).sort()).toEqual(['monotonicNs', 'time'])
    expect(Object.keys(readStats({ layout: 'none', manager: 'disabled', paths: {}, hierarchies: [] })).sort()).toEqual([
      'monotonicNs',
      'time',
    ])
  })

  it('reads only what is asked', () => {
    put('c', { 'pids.current': '3\n', 'memory.current': '1\n' })
    expect(Object.keys(readStats(below(root, V2), { only: ['pids'] }))).toContain('pids')
    expect(readStats(below(root, V2), { only: ['pids'] }).memory).toBeUndefined()
  })
})

describe('readStats() on v1', () => {
  const hybrid = (): ReturnType<typeof readStats> => readStats(below(root, HYBRID))

  it('reads CPU time from two controllers, and pressure from v2', () => {
    put('cpu/c', { 'cpu.stat': 'nr_periods 7\nnr_throttled 3\nthrottled_time 2\nnr_bursts 0\nburst_time 0\n' })
    put('cpuacct/c', {
      'cpuacct.usage': '123\n',
      'cpuacct.stat': 'user 2\nsystem 3\n',
      'cpuacct.usage_percpu': '100 23 \n',
      'cpuacct.usage_all': 'cpu user system\n0 60 40\n1 20 3\n',
    })
    put('unified/c', { 'cpu.pressure': PSI })
    expect(hybrid().cpu).toEqual({
      usage: {
        total: 123n,
        user: 20_000_000n,
        kernel: 30_000_000n,
        perCpu: [100n, 23n],
        perCpuUser: [60n, 20n],
        perCpuKernel: [40n, 3n],
      },
      throttling: { periods: 7n, throttledPeriods: 3n, throttledTimeNs: 2n },
      burst: { bursts: 0n, burstTimeNs: 0n },
      psi: PRESSURE,
    })
  })

  it('reads memory, where the largest number means no limit', () => {
    put('memory/c', {
      'memory.usage_in_bytes': '1000\n',
      'memory.limit_in_bytes': '9223372036854771712\n',
      'memory.max_usage_in_bytes': '2000\n',
      'memory.failcnt': '1\n',
      'memory.memsw.usage_in_bytes': '900\n',
      'memory.memsw.limit_in_bytes': '5000\n',
      'memory.kmem.usage_in_bytes': '7\n',
      'memory.use_hierarchy': '1\n',
      'memory.stat': 'cache 1\ntotal_cache 2\n',
      'memory.oom_control': 'oom_kill_disable 0\nunder_oom 1\noom_kill 3\n',
      'memory.numa_stat': 'total=10 N0=4 N1=6\nhierarchical_total=20 N0=8 N1=12\n',
    })
    expect(hybrid().memory).toEqual({
      usage: { usage: 1000n, maxUsage: 2000n, failcnt: 1n },
      cache: 2n,
      swap: { usage: 900n, limit: 5000n },
      swapOnly: { usage: 0n },
      kernel: { usage: 7n },
      useHierarchy: true,
      numa: { total: { total: 10n, nodes: { 0: 4n, 1: 6n } }, hierarchical_total: { total: 20n, nodes: { 0: 8n, 1: 12n } } },
      raw: { cache: 1n, total_cache: 2n },
      oom: { oomKill: 3n, underOom: true },
    })
  })

  it('takes the first block I/O figures that are not empty', () => {
    put('blkio/c', {
      'blkio.bfq.io_service_bytes_recursive': 'Total 0\n',
      'blkio.throttle.io_service_bytes_recursive': '8:0 Read 5\n8:0 Total 5\nTotal 5\n',
      'blkio.bfq.io_serviced_recursive': '8:16 Write 1\nTotal 1\n',
      'blkio.throttle.io_serviced_recursive': '8:0 Read 9\n',
      'blkio.sectors_recursive': '8:0 77\n',
    })
    expect(hybrid().blkio).toEqual({
      serviceBytes: [
        { major: 8, minor: 0, op: 'Read', value: 5n },
        { major: 8, minor: 0, op: 'Total', value: 5n },
      ],
      serviced: [{ major: 8, minor: 16, op: 'Write', value: 1n }],
      sectors: [{ major: 8, minor: 0, op: '', value: 77n }],
    })
  })

  it('reads cpuset flags and huge pages', () => {
    put('cpuset/c', {
      'cpuset.cpus': '0,2-3\n',
      'cpuset.mems': '\n',
      'cpuset.cpu_exclusive': '0\n',
      'cpuset.sched_relax_domain_level': '-1\n',
    })
    put('unified/c', { 'hugetlb.2MB.current': '1\n' })
    const { cpuset, hugetlb } = hybrid()
    expect(cpuset).toEqual({ cpus: [0, 2, 3], mems: [], cpuExclusive: 0n, schedRelaxDomainLevel: 0n })
    expect(hugetlb).toEqual({ '2MB': { usage: 1n } })
  })
})

describe('readStats() with a live process', () => {
  it('reads the interfaces of its network namespace', () => {
    put('proc/7/net', {
      dev: [
        'Inter-|   Receive                                                |  Transmit',
        ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed',
        '    lo:       1       2    3    4    0     0          0         0        5       6    7    8    0     0       0          0',
        '  eth0:0: 10 20 30 40 0 0 0 0 50 60 70 80 0 0 0 0',
        '',
      ].join('\n'),
    })
    const { network } = readStats(below(root, V2), { initPid: 7, proc: join(root, 'proc') })
    expect(network?.map(({ name }) => name)).toEqual(['lo', 'eth0:0'])
    expect(network?.[0]).toEqual({
      name: 'lo',
      rxBytes: 1n,
      rxPackets: 2n,
      rxErrors: 3n,
      rxDropped: 4n,
      txBytes: 5n,
      txPackets: 6n,
      txErrors: 7n,
      txDropped: 8n,
    })
    expect(readStats(below(root, V2), { initPid: 8, proc: join(root, 'proc') }).network).toBeUndefined()
  })
})
