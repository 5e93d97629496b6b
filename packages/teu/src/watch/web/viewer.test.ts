import { beforeEach, describe, expect, it, vi } from 'vitest'
import { wireContainer } from '../../testing/wire-container.ts'
import type { Board, BoardChange } from './board.ts'
import { type EventSink, Viewer } from './viewer.ts'
import type { WireChanges, WireContainer, WireEngine, WireReading } from './wire.ts'

const container = (n: number, name = `c${n}`): WireContainer => wireContainer(n, { name })

/** A board of which only the view matters. */
class FakeBoard {
  engines: WireEngine[] = []
  sampledAt = 0
  readonly all = new Map<number, WireContainer>()
  readonly readings = new Map<number, WireReading>()
  listener: ((change: BoardChange) => void) | undefined

  get numbers(): Iterable<number> {
    return this.all.keys()
  }
  container(n: number): WireContainer | undefined {
    return this.all.get(n)
  }
  reading(n: number): WireReading | undefined {
    return this.all.has(n) ? (this.readings.get(n) ?? [n, null, null, null, null]) : undefined
  }
  onChange(listener: (change: BoardChange) => void): () => void {
    this.listener = listener
    return () => (this.listener = undefined)
  }

  put(n: number, name?: string): void {
    this.all.set(n, container(n, name))
    this.listener?.({ engines: false, containers: [n], readings: undefined })
  }
  end(n: number): void {
    this.all.delete(n)
    this.listener?.({ engines: false, containers: [n], readings: undefined })
  }
  sample(at: number, ...readings: WireReading[]): void {
    this.sampledAt = at
    for (const reading of readings) this.readings.set(reading[0], reading)
    this.listener?.({ engines: false, containers: [], readings: readings.map(([n]) => n) })
  }
}

class FakeSink implements EventSink {
  readonly written: string[] = []
  isFull = false
  isDestroyed = false
  drain: () => void = () => undefined

  write(text: string): boolean {
    this.written.push(text)
    return !this.isFull
  }
  onDrain(listener: () => void): void {
    this.drain = () => {
      this.isFull = false
      listener()
    }
  }
  destroy(): void {
    this.isDestroyed = true
  }
  /** Those after the snapshot. */
  get changes(): WireChanges[] {
    return this.written.slice(1).map((text) => JSON.parse(text.split('\ndata: ')[1] ?? '') as WireChanges)
  }
}

const ABOUT = { machine: 'm', intervalMs: 1_000, historyMs: 600_000 }

describe('Viewer', () => {
  let board: FakeBoard
  let sink: FakeSink
  const view = (): Viewer => new Viewer(board as unknown as Board, sink, ABOUT, { batchMs: 250, stuckMs: 30_000 })

  beforeEach(() => {
    vi.useFakeTimers()
    board = new FakeBoard()
    sink = new FakeSink()
    return () => vi.useRealTimers()
  })

  it('writes a snapshot first, as one event on one line', () => {
    board.put(1, 'a\nb\r\u2028event: x\n\ndata: y')
    view()[Symbol.dispose]()
    expect(sink.written).toHaveLength(1)
    const lines = sink.written[0]?.split('\n')
    expect(lines).toHaveLength(4)
    expect(lines?.[0]).toBe('event: snapshot')
    expect(JSON.parse(lines?.[1]?.slice('data: '.length) ?? '')).toMatchObject({
      ...ABOUT,
      containers: [{ n: 1 }],
      sample: { readings: [[1, null, null, null, null]] },
    })
  })

  it('tells together what happens within a quarter of a second', () => {
    using _viewer = view()
    for (let n = 1; n <= 100; n++) board.put(n)
    board.put(1, 'renamed')
    board.end(2)
    expect(sink.changes).toEqual([])
    vi.advanceTimersByTime(250)
    expect(sink.changes).toHaveLength(1)
    expect(sink.changes[0]?.containers).toHaveLength(99)
    expect(sink.changes[0]?.containers?.[0]?.name).toBe('renamed')
    expect(sink.changes[0]?.gone).toBeUndefined()
  })

  it('takes along with a sample what has happened before it, and only readings that are other ones', () => {
    board.put(1)
    board.put(2)
    using _viewer = view()
    board.end(1)
    board.sample(5_000, [2, 1, 2, 3, 4])
    expect(sink.changes).toEqual([{ gone: [1], sample: { at: 5_000, readings: [[2, 1, 2, 3, 4]] } }])
    vi.advanceTimersByTime(1_000)
    board.sample(6_000)
    expect(sink.changes[1]).toEqual({ sample: { at: 6_000, readings: [] } })
  })

  it('writes nothing to who does not read, and afterwards the result', () => {
    board.put(1)
    board.put(2)
    sink.isFull = true
    using _viewer = view()
    for (let at = 1; at <= 1_000; at++) {
      board.put(2, `name ${at}`)
      board.put(3_000 + at)
      board.end(3_000 + at)
      board.sample(at, [2, at, 0, 0, 0])
      vi.advanceTimersByTime(10)
    }
    board.end(1)
    expect(sink.written).toHaveLength(1)
    sink.drain()
    expect(sink.changes).toEqual([
      { containers: [container(2, 'name 1000')], gone: [1], sample: { at: 1_000, readings: [[2, 1_000, 0, 0, 0]] } },
    ])
    vi.advanceTimersByTime(60_000)
    expect(sink.isDestroyed).toBe(false)
  })

  it('ends who does not read for half a minute', () => {
    sink.isFull = true
    using _viewer = view()
    vi.advanceTimersByTime(29_999)
    expect(sink.isDestroyed).toBe(false)
    vi.advanceTimersByTime(1)
    expect(sink.isDestroyed).toBe(true)
  })

  it('leaves neither timer nor listener', () => {
    sink.isFull = true
    const viewer = view()
    board.put(1)
    viewer[Symbol.dispose]()
    expect(vi.getTimerCount()).toBe(0)
    expect(board.listener).toBeUndefined()
  })
})
