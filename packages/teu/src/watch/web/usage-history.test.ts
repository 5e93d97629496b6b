import type { Usage } from '@teu/watch'
import { describe, expect, it } from 'vitest'
import { UsageHistory } from './usage-history.ts'

const usage = (cpuPercent: number | undefined, memoryBytes?: number, pids?: number): Usage => ({
  cpuPercent,
  memoryBytes,
  memoryLimitBytes: undefined,
  pids,
  sampledAt: new Date(0),
})

describe('UsageHistory', () => {
  it('has what was read, oldest first, and null for what is not known', () => {
    const history = new UsageHistory(10)
    history.add(1_000, new Map([[1, usage(undefined, 2 ** 40, 7)]]))
    history.add(2_000, new Map([[1, usage(12.34)]]))
    expect(history.of(1)).toEqual({ at: [1_000, 2_000], cpu: [null, 12.3], memory: [2 ** 40, null], pids: [7, null] })
  })

  it('keeps so many samples and no more', () => {
    const history = new UsageHistory(3)
    for (let n = 1; n <= 8; n++) history.add(n, new Map([[1, usage(n)]]))
    expect(history.of(1)).toMatchObject({ at: [6, 7, 8], cpu: [6, 7, 8] })
  })

  it('does not give a new container the past of the others', () => {
    const history = new UsageHistory(3)
    for (let n = 1; n <= 4; n++) history.add(n, new Map([[1, usage(n)]]))
    history.add(5, new Map([[2, usage(5)]]))
    expect(history.of(2)).toMatchObject({ at: [5], cpu: [5] })
    expect(history.of(1)).toMatchObject({ at: [3, 4, 5], cpu: [3, 4, null] })
  })

  it('forgets one that has ended', () => {
    const history = new UsageHistory(3)
    history.add(1, new Map([[1, usage(1)]]))
    history.forget(1)
    expect(history.size).toBe(0)
    expect(history.of(1)).toEqual({ at: [], cpu: [], memory: [], pids: [] })
  })
})
