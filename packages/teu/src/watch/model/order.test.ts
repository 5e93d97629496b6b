import type { Usage } from '@teu/watch'
import { describe, expect, it } from 'vitest'
import { containerOf } from '@teu/watch'
import { UsageHistories } from './history.ts'
import { groupRows, type Sort, sortRows } from './order.ts'
import { matcherOf } from './query.ts'
import { type Row, rowsOf } from './row.ts'

const now = new Date('2024-01-02T00:00:00Z')

function row(name: string, project: string, usage: Partial<Usage> = {}, seconds?: number): Row {
  const engine = { type: 'docker.com', id: 'x', api: 'unix:///d', pid: 0 }
  const startedAt = seconds === undefined ? undefined : new Date(now.getTime() - seconds * 1000)
  const labels = { 'com.docker.compose.project': project, Tier: 'Front' }
  const container = containerOf({ id: `id-${name}`, name, labels: project === '' ? {} : labels, pid: 1, paused: false, startedAt, engine })
  const [made] = rowsOf({ containers: [container], usages: new Map(), histories: new UsageHistories(), deaf: new Set(), now })
  return {
    ...(made as Row),
    usage: { cpuPercent: undefined, memoryBytes: undefined, memoryLimitBytes: undefined, pids: undefined, sampledAt: now, ...usage },
  }
}

const rows = [
  row('web-10', 'shop', { cpuPercent: 5, memoryBytes: 1, pids: 3 }, 30),
  row('web-9', 'shop', { cpuPercent: 6, memoryBytes: 9, pids: 3 }, 20),
  row('api', 'blog', { cpuPercent: 10, memoryBytes: 5 }),
  row('loose', '', { memoryBytes: 100, pids: 4 }, 10),
]
const names = (sorted: readonly Row[]): string[] => sorted.map(({ container }) => container.name)
const order = (key: Sort['key'], reverse = false): string[] => names(sortRows(rows, { key, reverse }))

describe('sortRows()', () => {
  it('by words from A, with numbers as numbers', () => {
    expect(order('name')).toEqual(['api', 'loose', 'web-9', 'web-10'])
    expect(order('name', true)).toEqual(['web-10', 'web-9', 'loose', 'api'])
  })

  it('by amounts from the largest, what is not known last', () => {
    expect(order('cpu')).toEqual(['api', 'web-9', 'web-10', 'loose'])
    expect(order('memory')).toEqual(['loose', 'web-9', 'api', 'web-10'])
    expect(order('pids')).toEqual(['loose', 'web-9', 'web-10', 'api'])
  })

  it('by age from the youngest', () => {
    expect(order('age')).toEqual(['loose', 'web-9', 'web-10', 'api'])
  })

  it('equal ones by name, also in reverse', () => {
    expect(order('engine')).toEqual(order('name'))
    expect(order('state', true)).toEqual(order('name'))
    expect(names(rows)).toEqual(['web-10', 'web-9', 'api', 'loose'])
  })
})

describe('groupRows()', () => {
  const groups = (key: Sort['key'], reverse = false): string[] => {
    return groupRows(rows, { key, reverse }).map(({ project, rows: members }) => `${project}: ${names(members).join(' ')}`)
  }

  it('by name of the project, those without last', () => {
    expect(groups('name')).toEqual(['blog: api', 'shop: web-9 web-10', ': loose'])
    expect(groups('name', true)).toEqual(['shop: web-10 web-9', 'blog: api', ': loose'])
    expect(groups('age', true)).toEqual(['blog: api', 'shop: web-10 web-9', ': loose'])
  })

  it('by the sums of amounts', () => {
    expect(groups('cpu')).toEqual(['shop: web-9 web-10', 'blog: api', ': loose'])
    expect(groups('memory')).toEqual([': loose', 'shop: web-9 web-10', 'blog: api'])
    expect(groups('pids', true)[0]).toBe('blog: api')
    expect(groupRows(rows, { key: 'name', reverse: false })[1]).toMatchObject({ cpuPercent: 11, memoryBytes: 10, pids: 6 })
  })
})

describe('what people type to find containers', () => {
  it.each([
    ['', 4],
    ['  ', 4],
    ['WEB', 2],
    ['web-1', 1],
    ['shop', 2],
    ['shop 9', 1],
    ['id-api', 1],
    ['d-api', 0],
    ['docker', 4],
    ['running', 4],
    ['tier=front', 3],
    ['nobody', 0],
  ])('"%s" finds %i', (query, count) => expect(rows.filter(matcherOf(query))).toHaveLength(count))
})

describe('rowsOf()', () => {
  it('shows what cannot be heard as unknown, and no negative ages', () => {
    const engine = { type: 'podman.io', id: 'x', api: 'unix:///p', pid: 0 }
    const facts = { id: '1', name: 'a', labels: {}, pid: 1, engine, startedAt: new Date(now.getTime() + 5000) }
    const containers = [containerOf({ ...facts, paused: true }), containerOf({ ...facts, paused: false, engine: { ...engine, api: 'x' } })]
    const made = rowsOf({ containers, usages: new Map(), histories: new UsageHistories(), deaf: new Set(['x']), now })
    expect(made).toMatchObject([
      { state: 'paused', ageMs: 0, engine: 'podman', image: undefined },
      { state: 'unknown', key: '1@x' },
    ])
  })
})

describe('UsageHistories', () => {
  it('keeps the last samples of those that still are there', () => {
    const histories = new UsageHistories()
    const usage = { cpuPercent: 1, memoryBytes: undefined, memoryLimitBytes: undefined, pids: 1, sampledAt: now }
    histories.add(new Map([['gone', usage]]))
    for (let n = 0; n < 130; n++) histories.add(new Map([['a', { ...usage, cpuPercent: n }]]))
    expect(histories.of('gone').cpuPercent).toEqual([])
    expect(histories.of('a').cpuPercent).toHaveLength(120)
    expect(histories.of('a').cpuPercent.at(-1)).toBe(129)
    expect(histories.of('a').memoryBytes[0]).toBeNaN()
  })
})
