import { describe, expect, it } from 'vitest'
import { toRuncStats } from './runc-json.ts'

describe('toRuncStats()', () => {
  it('uses the names of the events command', () => {
    const converted = toRuncStats({
      time: new Date(0),
      monotonicNs: 0n,
      cpu: {
        usage: { total: 9n, user: 5n, kernel: 4n, perCpu: [9n] },
        throttling: { periods: 1n, throttledPeriods: 2n, throttledTimeNs: 3n },
        psi: { some: { avg10: 1, avg60: 2, avg300: 3, totalUs: 4n } },
      },
      memory: {
        usage: { usage: 1n, maxUsage: 2n, failcnt: 3n },
        swap: { usage: 5n, limit: 6n },
        cache: 7n,
        raw: { anon: 8n },
      },
      pids: { current: 2n },
      blkio: { serviceBytes: [{ major: 8, minor: 0, op: 'Read', value: 5n }], queued: [] },
      hugetlb: { '2MB': { usage: 0n } },
      cpuset: { cpus: [0, 1], schedLoadBalance: 1n },
      network: [
        { name: 'lo', rxBytes: 1n, rxPackets: 2n, rxErrors: 3n, rxDropped: 4n, txBytes: 5n, txPackets: 6n, txErrors: 7n, txDropped: 8n },
      ],
    })
    expect(converted).toEqual({
      cpu: {
        usage: { total: 9n, percpu: [9n], kernel: 4n, user: 5n },
        throttling: { periods: 1n, throttledPeriods: 2n, throttledTime: 3n },
        psi: { some: { avg10: 1, avg60: 2, avg300: 3, total: 4n } },
      },
      cpuset: { cpus: [0, 1], sched_load_balance: 1n },
      memory: {
        cache: 7n,
        usage: { limit: 18446744073709551615n, usage: 1n, max: 2n, failcnt: 3n },
        swap: { limit: 6n, usage: 5n, failcnt: 0n },
        raw: { anon: 8n },
      },
      pids: { current: 2n, limit: 18446744073709551615n },
      blkio: { ioServiceBytesRecursive: [{ major: 8, minor: 0, op: 'Read', value: 5n }] },
      hugetlb: { '2MB': { usage: 0n, failcnt: 0n } },
      network_interfaces: [
        { Name: 'lo', RxBytes: 1n, RxPackets: 2n, RxErrors: 3n, RxDropped: 4n, TxBytes: 5n, TxPackets: 6n, TxErrors: 7n, TxDropped: 8n },
      ],
    })
  })

  it('leaves out what is not known', () => {
    expect(toRuncStats({ time: new Date(0), monotonicNs: 0n })).toEqual({})
  })
})
