import type { Stats } from '@teu/containerd'
import { describe, expect, it } from 'vitest'
import { usageOf } from './usage.ts'

const read = new Date(0)
const of = (metrics: object): ReturnType<typeof usageOf> => usageOf({ read, metrics } as unknown as Stats, 1000)

describe('usageOf()', () => {
  it('leaves out what the kernel can take back, under cgroup v1', () => {
    const memory = { usage: { usage: 500n, limit: 800n, max: 0n }, totalRss: 0n, totalCache: 0n, totalInactiveFile: 200n }
    const cpu = { usage: { total: 5_000_000n, user: 0n, kernel: 0n } }
    const usage = of({ version: 1, cpu, memory, pids: { current: 4n, limit: 0n } })
    expect(usage).toMatchObject({ read, cpuMs: 5, memoryBytes: 300, limitBytes: 800, pids: 4, readBytes: 0, writeBytes: 0 })
  })

  it('does the same under cgroup v2, where there is no limit', () => {
    const memory = { usage: 500n, usageLimit: 2n ** 64n - 1n, inactiveFile: 600n, swapUsage: 0n, anon: 0n, file: 0n, maxUsage: 0n }
    expect(of({ version: 2, memory })).toMatchObject({ cpuMs: 0, memoryBytes: 500, limitBytes: 1000, pids: 0 })
  })
})
