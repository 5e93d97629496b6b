import { expect, test } from 'vitest'
import { protobufAny } from '../any.ts'
import { MetricsSchema as V1 } from '../gen/containerd/cgroups/v1/metrics.gen.ts'
import { MetricsSchema as V2 } from '../gen/containerd/cgroups/v2/metrics.gen.ts'
import { normalise } from './normalise.ts'
import { readTaskMetrics } from './read.ts'

function read(any: ReturnType<typeof protobufAny>) {
  const metrics = readTaskMetrics(any)
  if (metrics === undefined) throw new Error('no metrics')
  return metrics
}

test('cgroup v1: nanoseconds become milliseconds, no limit is absent, operations are added up', () => {
  const metrics = read(
    protobufAny(V1, {
      cpu: {
        usage: { total: 5_000_000n, user: 3_000_000n, kernel: 2_000_000n },
        throttling: { periods: 9n, throttledPeriods: 2n, throttledTime: 1_500_000n },
      },
      memory: {
        totalRss: 10n,
        totalCache: 20n,
        usage: { usage: 100n, limit: 0x7fff_ffff_ffff_f000n, max: 150n },
        swap: { usage: 130n },
      },
      memoryOomControl: { oomKill: 1n },
      pids: { current: 3n, limit: 50n },
      blkio: {
        ioServiceBytesRecursive: [
          { op: 'Read', value: 7n },
          { op: 'Read', value: 5n },
          { op: 'Write', value: 4n },
          { op: 'Total', value: 16n },
        ],
        ioServicedRecursive: [{ op: 'read', value: 2n }],
      },
    }),
  )
  expect(metrics.version).toBe(1)
  expect(normalise(metrics)).toEqual({
    cpu: { usageMs: 5, userMs: 3, systemMs: 2, periods: 9, throttledPeriods: 2, throttledMs: 1.5 },
    memory: { usageBytes: 100, maxUsageBytes: 150, swapBytes: 30, anonymousBytes: 10, fileBytes: 20, oomKills: 1 },
    pids: { current: 3, limit: 50 },
    io: { readBytes: 12, writeBytes: 4, reads: 2, writes: 0 },
  })
})

test('cgroup v2: microseconds become milliseconds, devices are added up', () => {
  const metrics = read(
    protobufAny(V2, {
      cpu: { usageUsec: 5_000n, userUsec: 3_000n, systemUsec: 2_000n, nrPeriods: 9n, nrThrottled: 2n, throttledUsec: 1_500n },
      memory: { usage: 100n, usageLimit: 0xffff_ffff_ffff_ffffn, swapUsage: 30n, anon: 10n, file: 20n },
      memoryEvents: { oomKill: 2n },
      pids: { current: 3n, limit: 0n },
      io: {
        usage: [
          { rbytes: 7n, wios: 1n },
          { rbytes: 5n, wbytes: 4n, rios: 2n },
        ],
      },
    }),
  )
  expect(metrics.version).toBe(2)
  expect(normalise(metrics)).toEqual({
    cpu: { usageMs: 5, userMs: 3, systemMs: 2, periods: 9, throttledPeriods: 2, throttledMs: 1.5 },
    memory: { usageBytes: 100, swapBytes: 30, anonymousBytes: 10, fileBytes: 20, oomKills: 2 },
    pids: { current: 3 },
    io: { readBytes: 12, writeBytes: 4, reads: 2, writes: 1 },
  })
})

test('what a shim does not report is absent, and other types are no metrics', () => {
  expect(normalise(read(protobufAny(V1, {})))).toEqual({})
  expect(normalise(read(protobufAny(V2, {})))).toEqual({})
  expect(readTaskMetrics({ typeUrl: 'io.other.Metrics', value: new Uint8Array() })).toBeUndefined()
  expect(readTaskMetrics(undefined)).toBeUndefined()
})
