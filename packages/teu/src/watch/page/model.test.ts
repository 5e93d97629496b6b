import { beforeEach, describe, expect, it } from 'vitest'
import { wireContainer } from '../../testing/wire-container.ts'
import type { WireContainer, WireEngine, WireReading } from '../web/wire.ts'
import { keyOf, Model } from './model.ts'
import { Selection, sortedBy, type Wanted } from './selection.ts'
import { countsBy, totalsOf } from './totals.ts'

const container = (n: number, more: Partial<WireContainer> = {}): WireContainer => wireContainer(n, { startedAt: n * 1_000, ...more })

let model: Model
const snapshot = (containers: WireContainer[], readings: WireReading[] = [], at = 10_000): void =>
  model.takeSnapshot({ engines: [], containers, sample: { at, readings }, machine: 'm', intervalMs: 1_000, historyMs: 600_000 })

beforeEach(() => {
  model = new Model()
})

describe('Model', () => {
  it('has what a snapshot says, and nothing of the one before', () => {
    snapshot([container(1)], [[1, 5, 6, 7, 8]])
    snapshot([container(2)])
    expect([...model.rows.keys()]).toEqual([2])
    expect(model.byKey(keyOf(container(1)))).toBeUndefined()
    expect(model.byKey(keyOf(container(2)))?.reading).toEqual([2, null, null, null, null])
  })

  it('follows changes; readings stay until there are others', () => {
    snapshot([container(1), container(2)], [[1, 5, 6, 7, 8]])
    model.takeChanges({
      containers: [container(1, { paused: true }), container(3)],
      gone: [2],
      sample: { at: 11_000, readings: [[3, 1, 1, 1, 1]] },
    })
    expect([...model.rows.values()].map((row) => [row.container.n, row.container.paused, row.reading[1]])).toEqual([
      [1, true, 5],
      [3, false, 1],
    ])
    expect(model.now).toBe(11_000)
  })

  it('finds a container that was started again, under its new number', () => {
    snapshot([container(1)])
    model.takeChanges({ containers: [container(2, { id: 'id1' })], gone: [1] })
    expect(model.byKey(keyOf(container(1)))?.container.n).toBe(2)
  })

  it('makes another object of what is different, and only of that', () => {
    snapshot([container(1), container(2)])
    const [one, two] = [model.rows.get(1), model.rows.get(2)]
    model.takeChanges({ sample: { at: 1, readings: [[2, 1, 1, 1, 1]] } })
    expect(model.rows.get(1)).toBe(one)
    expect(model.rows.get(2)).not.toBe(two)
  })
})

describe('Selection', () => {
  const wanted = (more: Partial<Wanted> = {}): Wanted => ({
    filter: '',
    engine: undefined,
    project: undefined,
    sort: { column: 'name', isDescending: false },
    ...more,
  })
  const select = (more?: Partial<Wanted>): number[] => new Selection().of(model, wanted(more)).map((row) => row.container.n)

  beforeEach(() => {
    snapshot(
      [
        container(1, { name: 'web-10', project: 'shop' }),
        container(2, { name: 'Web-9', project: 'shop', paused: true }),
        container(3, { name: 'db', project: 'blog', engine: 'unix:///p', startedAt: null }),
        container(4, { name: 'alone' }),
      ],
      [
        [1, 5, 100, null, 3],
        [2, 50, 10, null, 30],
        [3, null, null, null, null],
        [4, 5, 1_000, null, 1],
      ],
    )
  })

  it.each([
    ['name', false, [4, 3, 2, 1]],
    ['name', true, [1, 2, 3, 4]],
    ['project', false, [3, 2, 1, 4]],
    ['project', true, [2, 1, 3, 4]],
    ['engine', false, [4, 2, 1, 3]],
    ['state', true, [2, 4, 3, 1]],
    ['age', false, [4, 2, 1, 3]],
    ['age', true, [1, 2, 4, 3]],
    ['cpu', true, [2, 4, 1, 3]],
    ['cpu', false, [4, 1, 2, 3]],
    ['memory', true, [4, 1, 2, 3]],
    ['pids', true, [2, 1, 4, 3]],
  ] as const)('sorts by %s, descending %s; what is not known comes last', (column, isDescending, order) => {
    expect(select({ sort: { column, isDescending } })).toEqual(order)
  })

  it.each([
    ['WEB', [2, 1]],
    ['web shop', [2, 1]],
    ['web  blog', []],
    ['paused', [2]],
    ['id3', [3]],
    ['///p', [3]],
    ['.*', []],
  ])('filters by %s', (filter, found) => {
    expect(select({ filter })).toEqual(found)
  })

  it('narrows to an engine, a project, or the containers outside of projects', () => {
    expect(select({ engine: 'unix:///p' })).toEqual([3])
    expect(select({ project: 'shop' })).toEqual([2, 1])
    expect(select({ project: '' })).toEqual([4])
  })

  it('knows nothing for sure of containers whose engine cannot be heard', () => {
    const lost = { api: 'unix:///p', type: 't', version: '', state: 'lost', error: 'gone' } as const
    model.takeChanges({ engines: [lost, { ...lost, api: 'unix:///e', state: 'watching' }] })
    expect(select({ filter: 'unknown' })).toEqual([3])
    expect(select({ filter: 'running' })).toEqual([4, 1])
    expect(select({ sort: { column: 'state', isDescending: false } })).toEqual([4, 1, 2, 3])
  })

  it('learns of new names', () => {
    const selection = new Selection()
    selection.of(model, wanted())
    model.takeChanges({ containers: [container(4, { name: 'zebra' })] })
    expect(selection.of(model, wanted()).map((row) => row.container.n)).toEqual([3, 2, 1, 4])
  })

  it('turns the order of the same column; numbers begin with the most', () => {
    expect(sortedBy('cpu', { column: 'name', isDescending: false })).toEqual({ column: 'cpu', isDescending: true })
    expect(sortedBy('cpu', { column: 'cpu', isDescending: true })).toEqual({ column: 'cpu', isDescending: false })
    expect(sortedBy('name', { column: 'cpu', isDescending: true })).toEqual({ column: 'name', isDescending: false })
  })

  it('what an engine took that cannot be heard any more is in no sum', () => {
    const engines = (state: 'watching' | 'lost'): WireEngine[] => [
      { api: 'unix:///gone', type: 'docker.com', version: '', state, error: '' },
    ]
    snapshot(
      [container(1), container(2, { engine: 'unix:///gone', paused: true })],
      [
        [1, 5, 6, null, 7],
        [2, 50, 60, null, 70],
      ],
    )
    model.takeChanges({ engines: engines('lost') })
    expect(totalsOf(model)).toEqual({ count: 1, paused: 0, unknown: 1, cpu: 5, memory: 6, pids: 7 })
    model.takeChanges({ engines: engines('watching') })
    expect(totalsOf(model)).toEqual({ count: 2, paused: 1, unknown: 0, cpu: 55, memory: 66, pids: 77 })
  })

  it('sums up', () => {
    expect(totalsOf(model)).toEqual({ count: 4, paused: 1, unknown: 0, cpu: 60, memory: 1_110, pids: 34 })
    expect(countsBy(model, (row) => row.container.project)).toEqual(
      new Map([
        ['shop', 2],
        ['blog', 1],
        ['', 1],
      ]),
    )
  })
})
