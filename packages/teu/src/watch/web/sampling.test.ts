import type { Usage } from '@teu/watch'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Board } from './board.ts'
import { Sampling } from './sampling.ts'

const USAGE: Usage = { cpuPercent: 5, memoryBytes: 1, memoryLimitBytes: undefined, pids: 1, sampledAt: new Date(0) }

describe('Sampling', () => {
  const samples: (number | undefined)[] = []
  const board = { containers: [], addSample: (_: number, usages: Map<string, Usage>) => samples.push(usages.get('a')?.cpuPercent) }
  let takesMs = 0
  let fails = false
  const sampler = {
    sample: async () => {
      await new Promise((resolve) => setTimeout(resolve, takesMs))
      if (fails) throw new Error('no /proc')
      return new Map([['a', USAGE]])
    },
  }
  const make = (): Sampling => new Sampling(sampler, board as unknown as Board, 1_000)

  beforeEach(() => {
    vi.useFakeTimers()
    samples.length = 0
    takesMs = 0
    fails = false
    return () => vi.useRealTimers()
  })

  it('does nothing while nobody looks', async () => {
    make()
    await vi.advanceTimersByTimeAsync(10_000)
    expect([samples, vi.getTimerCount()]).toEqual([[], 0])
  })

  it('takes one sample each interval, however many look, until the last one leaves', async () => {
    const sampling = make()
    const [one, two] = [sampling.look(), sampling.look()]
    await vi.advanceTimersByTimeAsync(3_500)
    expect(samples).toHaveLength(4)
    one()
    one()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(samples).toHaveLength(5)
    two()
    expect([sampling.isRunning, vi.getTimerCount()]).toEqual([false, 0])
    await vi.advanceTimersByTimeAsync(5_000)
    expect(samples).toHaveLength(5)
  })

  it('never has two samples under way, and keeps the interval when they take long', async () => {
    takesMs = 400
    const leave = make().look()
    await vi.advanceTimersByTimeAsync(2_900)
    expect(samples).toHaveLength(3)
    takesMs = 5_000
    await vi.advanceTimersByTimeAsync(5_100)
    expect(samples).toHaveLength(4)
    leave()
  })

  it('tells when no sample is under way any more', async () => {
    takesMs = 400
    const sampling = make()
    await sampling.settled()
    sampling.look()()
    let isSettled = false
    const settled = sampling.settled().then(() => (isSettled = true))
    await vi.advanceTimersByTimeAsync(300)
    expect(isSettled).toBe(false)
    await vi.advanceTimersByTimeAsync(200)
    await settled
    expect([samples, vi.getTimerCount()]).toEqual([[], 0])
  })

  it('believes no rate of the time in which nobody has looked', async () => {
    const sampling = make()
    sampling.look()()
    await vi.advanceTimersByTimeAsync(60_000)
    const leave = sampling.look()
    await vi.advanceTimersByTimeAsync(1_500)
    leave()
    expect(samples).toEqual([undefined, 5])
  })

  it('goes on after a sample that failed, which has no readings', async () => {
    fails = true
    const leave = make().look()
    await vi.advanceTimersByTimeAsync(100)
    fails = false
    await vi.advanceTimersByTimeAsync(1_000)
    leave()
    expect(samples).toEqual([undefined, 5])
  })
})
