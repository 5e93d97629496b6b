import { beforeEach, describe, expect, it } from 'vitest'
import { wireContainer } from '../../testing/wire-container.ts'
import type { WireContainer, WireDetails } from '../web/wire.ts'
import type { AppProps } from './app.ts'
import { Controller } from './controller.ts'
import { keyOf } from './model.ts'

const container = (n: number, id = `id${n}`): WireContainer => wireContainer(n, { id, name: id })
const details = (n: number, ...at: number[]): WireDetails => ({
  n,
  labels: [],
  moreLabels: 0,
  history: { at, cpu: at, memory: at, pids: at },
})

describe('Controller', () => {
  let drawn: AppProps[]
  let frames: (() => void)[]
  let timers: (() => void)[]
  let asked: { n: number; answer: (details: WireDetails | undefined) => void }[]
  let controller: Controller

  const frame = (): AppProps => {
    for (const callback of frames.splice(0)) callback()
    return drawn.at(-1) as AppProps
  }
  const snapshot = (...containers: WireContainer[]): void =>
    controller.snapshot({
      engines: [],
      containers,
      sample: { at: 1_000, readings: [] },
      machine: 'm',
      intervalMs: 1_000,
      historyMs: 600_000,
    })
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

  beforeEach(() => {
    ;[drawn, frames, timers, asked] = [[], [], [], []]
    controller = new Controller({
      draw: (props) => drawn.push(props),
      onFrame: (callback) => frames.push(callback),
      later: (_, callback) => timers.push(callback),
      fetchDetails: (n) => new Promise((answer) => asked.push({ n, answer })),
    })
    frame()
  })

  it('draws once for each frame, however much happens', () => {
    snapshot(container(1), container(2))
    for (let at = 0; at < 100; at++) controller.changes({ sample: { at, readings: [[1, at, 0, null, 1]] } })
    controller.set({ filter: 'id1' })
    expect(drawn).toHaveLength(1)
    expect(frame().rows.map((row) => [row.container.n, row.reading[1]])).toEqual([[1, 99]])
    expect(drawn).toHaveLength(2)
    expect(frames).toEqual([])
  })

  it('asks for the past of the container that is opened, and goes on from there', async () => {
    snapshot(container(1))
    controller.choose(keyOf(container(1)))
    expect(asked.map(({ n }) => n)).toEqual([1])
    controller.changes({ sample: { at: 3_000, readings: [[1, 3, 3, null, 3]] } })
    asked[0]?.answer(details(1, 1_000, 2_000))
    await settle()
    controller.changes({ sample: { at: 4_000, readings: [] } })
    expect(frame().state.past?.samples).toMatchObject({ at: [1_000, 2_000, 3_000, 4_000], cpu: [1_000, 2_000, 3, 3] })
  })

  it('asks only for the one at which the arrow keys stop', () => {
    snapshot(container(1), container(2), container(3))
    for (const n of [1, 2, 3]) controller.choose(keyOf(container(n)))
    timers.shift()?.()
    controller.changes({ sample: { at: 2_000, readings: [] } })
    expect(asked.map(({ n }) => n)).toEqual([1])
    timers.shift()?.()
    expect(asked.map(({ n }) => n)).toEqual([1, 3])
    expect(timers).toEqual([])
  })

  it('moves the cursor from where it is, also between two frames; what is open follows', () => {
    snapshot(container(1), container(2), container(3))
    const cursorAfter = (...steps: number[]): string | undefined => {
      for (const step of steps) controller.moveCursor(step)
      return controller.state.cursor
    }
    expect(cursorAfter(1)).toBe(keyOf(container(1)))
    expect(cursorAfter(1, 1, 1, 1, -1)).toBe(keyOf(container(2)))
    expect(cursorAfter(-Infinity)).toBe(keyOf(container(1)))
    expect(cursorAfter(Infinity)).toBe(keyOf(container(3)))
    expect(controller.state.chosen).toBeUndefined()
    controller.openCursor()
    expect(cursorAfter(-1)).toBe(keyOf(container(2)))
    expect(controller.state.chosen).toBe(keyOf(container(2)))
    controller.set({ cursor: undefined })
    expect(cursorAfter(Infinity)).toBe(keyOf(container(3)))
  })

  it('keeps what was known of a container that has ended, and follows it when it is started again', () => {
    snapshot(container(1))
    const key = keyOf(container(1))
    controller.choose(key)
    timers.shift()?.()
    frame()
    controller.changes({ gone: [1] })
    let props = frame()
    expect([props.rows, props.open?.container.n, props.state.model.byKey(key)]).toEqual([[], 1, undefined])
    controller.changes({ containers: [container(2, 'id1')] })
    props = frame()
    expect([props.open?.container.n, asked.map(({ n }) => n)]).toEqual([2, [1, 2]])
    controller.choose(undefined)
    expect(frame().open).toBeUndefined()
  })

  it('asks again for the past after a lost connection', () => {
    snapshot(container(1))
    controller.choose(keyOf(container(1)))
    controller.connected('lost')
    snapshot(container(1))
    controller.connected('live')
    expect(asked.map(({ n }) => n)).toEqual([1, 1])
    expect(frame().state.connection).toBe('live')
  })

  it('an answer that comes too late changes nothing', async () => {
    snapshot(container(1), container(2))
    controller.choose(keyOf(container(1)))
    timers.shift()?.()
    controller.choose(keyOf(container(2)))
    asked[1]?.answer(details(2, 5))
    asked[0]?.answer(details(1, 1))
    await settle()
    expect(frame().state.past).toMatchObject({ n: 2, samples: { at: [5] } })
  })
})
