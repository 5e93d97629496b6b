import { describe, expect, it } from 'vitest'
import { chartData, extent, Past } from './past.ts'

const moment = (at: number, cpu: number | null = at): { at: number; cpu: number | null; memory: number; pids: number } => ({
  at,
  cpu,
  memory: 1,
  pids: 1,
})
const history = (...at: number[]): { at: number[]; cpu: number[]; memory: number[]; pids: number[] } => ({
  at,
  cpu: at,
  memory: at.map(() => 1),
  pids: at.map(() => 1),
})

describe('Past', () => {
  it('puts what came while the server answered after its answer, once', () => {
    const past = new Past(1, 10_000)
    past.add(moment(3))
    past.add(moment(4))
    expect([past.isComplete, past.samples.at]).toEqual([false, []])
    past.complete({ labels: [['a', 'b']], moreLabels: 0, history: history(1, 2, 3) })
    past.add(moment(5, null))
    past.add(moment(5))
    expect(past.samples).toMatchObject({ at: [1, 2, 3, 4, 5], cpu: [1, 2, 3, 4, null] })
    expect(past.labels).toEqual([['a', 'b']])
  })

  it('forgets what is older than the history', () => {
    const past = new Past(1, 10)
    past.complete({ labels: [], moreLabels: 0, history: history() })
    for (let at = 1; at <= 100; at++) past.add(moment(at))
    expect([past.samples.at.length, past.samples.at[0], past.samples.pids.length]).toEqual([11, 90, 11])
  })
})

describe('chartData()', () => {
  it('leaves a gap where samples are missing', () => {
    expect(chartData([1_000, 2_000, 9_000], [1, null, 3], 3_500)).toEqual([
      [1, 2, 5.5, 9],
      [1, null, null, 3],
    ])
  })
})

it('extent() knows the least and the most', () => {
  expect(extent([null, 3, 1, null, 2])).toEqual({ least: 1, most: 3 })
  expect(extent([null])).toBeUndefined()
})
