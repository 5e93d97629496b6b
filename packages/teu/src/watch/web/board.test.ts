import { type Container, containerKey, type MergedWatcher, type Usage, watchAll } from '@teu/watch'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ScriptedEngine } from '../../../../watch/src/testing/scripted-engine.ts'
import { settle } from '../../../../watch/src/testing/told.ts'
import { selectionOf } from '../selection.ts'
import { Board, type BoardChange } from './board.ts'
import { UsageHistory } from './usage-history.ts'

const usage = (cpuPercent: number, memoryBytes = 1): Usage => ({
  cpuPercent,
  memoryBytes,
  memoryLimitBytes: undefined,
  pids: 1,
  sampledAt: new Date(0),
})

describe('Board', () => {
  let engine: ScriptedEngine
  let watcher: MergedWatcher
  let board: Board
  let told: BoardChange[]

  beforeEach(async () => {
    engine = new ScriptedEngine()
    engine.start('a', { 'com.docker.compose.project': 'shop' })
    watcher = watchAll({ engines: [engine], newBackoff: () => () => 1 })
    await watcher.ready()
    board = new Board(watcher, 10)
    told = []
    board.onChange((change) => told.push(change))
  })

  afterEach(async () => {
    board[Symbol.dispose]()
    await watcher[Symbol.asyncDispose]()
  })

  const sample = (of: (container: Container) => Usage | undefined): void => {
    board.addSample(
      1_000,
      new Map(
        board.containers.flatMap((one): [string, Usage][] => {
          const found = of(one)
          return found === undefined ? [] : [[containerKey(one), found]]
        }),
      ),
    )
  }

  it('begins with what the watcher knows', () => {
    expect([...board.numbers].map((n) => board.container(n))).toMatchObject([{ n: 1, id: 'a', name: 'a', project: 'shop', paused: false }])
    expect(board.engines).toMatchObject([{ api: 'unix:///scripted', state: 'watching', error: '' }])
  })

  it('follows containers as they come, change and go; one that comes again has another number', async () => {
    engine.start('b')
    engine.pause('a')
    await settle()
    engine.die('a')
    await settle()
    engine.start('a')
    await settle()
    expect([...board.numbers].map((n) => [n, board.container(n)?.id, board.container(n)?.paused])).toEqual([
      [2, 'b', false],
      [3, 'a', false],
    ])
    expect(new Set(told.flatMap(({ containers }) => containers))).toEqual(new Set([1, 2, 3]))
  })

  it('says once that an engine is lost, why, and that it is back', async () => {
    engine.down = true
    engine.cut()
    const state = (): string | undefined => board.engines[0]?.state
    while (state() !== 'lost') await settle()
    expect(board.engines[0]?.error).toContain('connection cut')
    engine.down = false
    while (state() !== 'watching') await settle()
    expect(told.filter(({ engines }) => engines).length).toBeGreaterThanOrEqual(2)
    expect(board.engines[0]).toMatchObject({ version: '1.0', error: '' })
    expect([...board.numbers]).toEqual([1])
  })

  it('tells of readings that are other ones, to a tenth of a percent', async () => {
    engine.start('b')
    await settle()
    told.length = 0
    sample(() => usage(1.23))
    sample(({ id }) => usage(id === 'b' ? 7 : 1.21))
    sample(({ id }) => (id === 'b' ? undefined : usage(1.2)))
    expect(told.map(({ readings }) => readings)).toEqual([[1, 2], [2], [2]])
    expect(board.reading(1)).toEqual([1, 1.2, 1, null, 1])
    expect(board.reading(2)).toEqual([2, null, null, null, null])
    expect(board.details(2)?.history.cpu).toEqual([1.2, 7, null])
  })

  it('cuts texts and labels that are too long or too many', async () => {
    const labels = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`label-${String(i).padStart(3, '0')}`, 'v'.repeat(3_000)]))
    engine.start('n'.repeat(5_000), labels)
    await settle()
    expect(board.container(2)?.name).toHaveLength(1_000)
    const details = board.details(2)
    expect(details?.labels).toHaveLength(200)
    expect(details?.labels[0]?.[1]).toHaveLength(1_000)
    expect(details?.moreLabels).toBe(100)
  })

  it('has only what is selected, also after a new name', async () => {
    using chosen = new Board(watcher, 10, selectionOf(['name=web*']))
    engine.start('web-1')
    engine.rename('a', 'web-2')
    await settle()
    const names = (): (string | undefined)[] => [...chosen.numbers].map((n) => chosen.container(n)?.name)
    expect(new Set(names())).toEqual(new Set(['web-1', 'web-2']))
    engine.rename('web-1', 'other')
    await settle()
    expect(names()).toEqual(['web-2'])
    using none = new Board(watcher, 10, selectionOf(['engine=docker']))
    expect([none.engines, [...none.numbers]]).toEqual([[], []])
  })

  it('knows nothing of a container that has ended', async () => {
    sample(() => usage(1))
    engine.die('a')
    await settle()
    expect([board.container(1), board.reading(1), board.details(1), board.containers]).toEqual([undefined, undefined, undefined, []])
  })

  it('forgets the past of a container that has ended, so that many short ones take no more memory than few', async () => {
    const forget = vi.spyOn(UsageHistory.prototype, 'forget')
    try {
      sample(() => usage(1))
      engine.die('a')
      await settle()
      expect(forget.mock.calls).toEqual([[1]])
    } finally {
      forget.mockRestore()
    }
  })

  it('shows containers of which an engine says what cannot be, beside all others', async () => {
    const odd = engine.start('odd', { a: 5, b: null, c: { x: 1 }, d: 'e' } as never)
    Object.assign(odd, { name: { x: 1 }, pid: '\u001b[2J', startedAt: new Date(Number.NaN), paused: 'yes' })
    engine.start('fine')
    await settle()
    expect([...board.numbers].map((n) => board.container(n)?.id)).toEqual(['a', 'odd', 'fine'])
    expect(board.container(2)).toMatchObject({ name: '', pid: 0, paused: false, startedAt: null })
    expect(board.details(2)?.labels).toEqual([['d', 'e']])
    sample(() => usage(1))
    engine.die('odd')
    await settle()
    expect([...board.numbers]).toEqual([1, 3])
  })

  it('a listener that fails is told of, and the others hear the change', async () => {
    const failures: unknown[] = []
    using other = new Board(watcher, 10, undefined, (error) => failures.push(error))
    const heard: BoardChange[] = []
    other.onChange(() => {
      throw new Error('a bad one')
    })
    other.onChange((change) => heard.push(change))
    engine.start('b')
    await settle()
    expect(heard.length).toBeGreaterThan(0)
    expect(failures[0]).toEqual(new Error('a bad one'))
  })
})
