import { containerOf, type Usage } from '@teu/watch'
import { describe, expect, it } from 'vitest'
import type { EngineFacts } from '../model/engine-facts.ts'
import { UsageHistories } from '../model/history.ts'
import { groupRows } from '../model/order.ts'
import { type Row, rowsOf } from '../model/row.ts'
import { BLOCKS } from './chart.ts'
import { type DetailFacts, detailView } from './detail-view.ts'
import { helpView } from './help-view.ts'
import { type Line, lineText } from './line.ts'
import { type ListFacts, listView } from './list-view.ts'
import { textWidth } from './text-width.ts'

const MIB = 2 ** 20
const now = new Date('2024-01-02T00:00:00Z')
const engine = { type: 'docker.com', id: 'ID', api: 'unix:///run/docker.sock', pid: 0 }

function rows(...specs: readonly (readonly [name: string, project: string, usage?: Partial<Usage>])[]): Row[] {
  const containers = specs.map(([name, project], n) => {
    const labels: Record<string, string> = project === '' ? {} : { 'com.docker.compose.project': project }
    return containerOf({
      id: `id${n}`,
      name,
      labels,
      pid: n + 1,
      paused: name === 'frozen',
      startedAt: new Date(now.getTime() - 90_000),
      engine,
    })
  })
  const histories = new UsageHistories()
  const usages = new Map<string, Usage>()
  for (const [n, [, , usage]] of specs.entries()) {
    const none = { cpuPercent: undefined, memoryBytes: undefined, memoryLimitBytes: undefined, pids: undefined, sampledAt: now }
    if (usage !== undefined) usages.set(`id${n}@${engine.api}`, { ...none, ...usage })
  }
  for (let n = 0; n < 4; n++) histories.add(usages)
  return rowsOf({ containers, usages, histories, deaf: new Set(), now })
}

const SHOP = rows(
  ['web', 'shop', { cpuPercent: 12.34, memoryBytes: 48 * MIB, memoryLimitBytes: 64 * MIB, pids: 7 }],
  ['日本語の長い名前のコンテナ', 'shop', { cpuPercent: 0, memoryBytes: 4 * MIB, pids: 1 }],
  ['frozen', ''],
)
const watching: EngineFacts = {
  name: 'docker',
  version: '24.0.1',
  address: engine.api,
  state: 'watching',
  reason: undefined,
  containers: 3,
}
const sort = { key: 'name', reverse: false } as const

function list(more: Partial<ListFacts> = {}): ListFacts {
  return {
    engines: [watching],
    isReady: true,
    groups: groupRows(SHOP, sort),
    isGrouped: true,
    total: 3,
    sort,
    query: '',
    isTyping: false,
    selected: SHOP[0]?.key,
    top: 0,
    notice: '12:00:00 web started',
    bars: BLOCKS,
    ...more,
  }
}

const texts = (lines: readonly Line[]): string[] => lines.map((line) => lineText(line).trimEnd())
const size = (columns: number, height: number): { columns: number; rows: number } => ({ columns, rows: height })

describe('the list', () => {
  it('on a wide screen', () => {
    expect(texts(listView(list(), size(100, 12)).lines)).toEqual([
      'teu watch  3 containers                                                           cpu 12.3%  mem 52M',
      '● docker 24.0.1  /run/docker.sock  3 containers',
      '',
      'NAME↑                        ENGINE      STATE      AGE    CPU%                   MEM   LIMIT   PIDS',
      'shop (2)                                                   12.3                   52M              8',
      '  web                        docker      running     1m    12.3          ████     48M     64M      7',
      '  日本語の長い名前のコンテ…  docker      running     1m     0.0                    4M       -      1',
      'no project (1)                                              0.0                    0B              0',
      '  frozen                     docker      paused      1m       -                     -       -      -',
      '',
      '',
      '12:00:00 web started                                                                  ? help  q quit',
    ])
  })

  it('on a small one', () => {
    expect(texts(listView(list(), size(40, 8)).lines)).toEqual([
      '3 containers          cpu 12.3%  mem 52M',
      'NAME↑                       CPU%     MEM',
      'shop (2)                    12.3     52M',
      '  web                       12.3     48M',
      '  日本語の長い名前のコ…      0.0      4M',
      'no project (1)               0.0      0B',
      '  frozen                       -       -',
      '12:00:00 web started      ? help  q quit',
    ])
  })

  it('fits into every size', () => {
    for (let columns = 1; columns < 130; columns += 3) {
      for (let height = 1; height < 30; height += 2) {
        for (const facts of [list(), list({ isGrouped: false, query: 'web', isTyping: true }), list({ groups: [], total: 0 })]) {
          const { lines } = listView(facts, size(columns, height))
          expect(lines).toHaveLength(height)
          for (const line of lines) expect(textWidth(lineText(line))).toBeLessThanOrEqual(columns)
        }
      }
    }
  })

  it('keeps the row under the cursor in sight, with its project above it', () => {
    const many = rows(...Array.from({ length: 30 }, (_, n) => [`c${n}`, n < 20 ? 'a' : 'b'] as const))
    const facts = (n: number, top: number): ListFacts =>
      list({ groups: groupRows(many, sort), total: 30, selected: many[n]?.key, top, engines: [] })
    const shown = (n: number, top: number): string[] => texts(listView(facts(n, top), size(30, 8)).lines).slice(2, -1)
    expect(shown(0, 9)[0]).toMatch(/^a \(20\)/)
    expect(shown(19, 0).at(-1)).toMatch(/^ {2}c19/)
    expect(shown(20, 25)[0]).toMatch(/^b \(10\)/)
    expect(shown(29, 0).at(-1)).toMatch(/^ {2}c29/)
    expect(listView(facts(5, 3), size(30, 8)).top).toBe(3)
  })

  it.each<[Partial<ListFacts>, string]>([
    [{ isReady: false, engines: [] }, 'Looking for engines'],
    [{ engines: [] }, 'No container engine was found'],
    [{ engines: [{ ...watching, state: 'lost' }] }, 'No engine can be heard'],
    [{}, 'No container is alive'],
    [{ total: 5, query: 'x\u001b' }, 'No container matches "x\\x1b"'],
  ])('says why there is nothing: %#', (more, text) => {
    expect(texts(listView(list({ groups: [], total: 0, ...more }), size(60, 20)).lines).join('\n')).toContain(text)
  })

  it('shows what is wrong with engines, and counts those without room', () => {
    const lost: EngineFacts = { ...watching, name: 'podman', version: '', address: 'unix:///p', state: 'lost', reason: 'ENOENT' }
    const lines = (height: number, engines: readonly EngineFacts[]): string[] => texts(listView(list({ engines }), size(80, height)).lines)
    expect(lines(20, [watching, lost])[2]).toBe('○ podman  /p  lost: ENOENT')
    expect(lines(20, [watching, lost, lost])[2]).toBe('  and 2 more engines, 2 of them lost')
    expect(lines(8, [watching, lost])[0]).toContain('1 of 2 engines lost')
    expect(lines(30, [{ ...watching, state: 'connecting' }])[1]).toContain('connecting')
  })

  it('what an engine took that cannot be heard any more is in no sum, and is told of', () => {
    const stale = SHOP.map((row, n) => (n === 0 ? { ...row, state: 'unknown' as const } : row))
    const [title] = texts(listView(list({ groups: groupRows(stale, sort) }), size(80, 20)).lines)
    expect(title).toMatch(/3 containers, 1 unknown .*cpu 0\.0% {2}mem 4M$/)
  })

  it('calls a container without a name by its id', () => {
    const [row] = rows(['  ', 'shop']) as [Row]
    const blank = { ...row, container: { ...row.container, id: 'ab'.repeat(32) } }
    const picture = listView(list({ groups: groupRows([blank], sort) }), size(80, 20))
    expect(texts(picture.lines).some((line) => line.startsWith('  abababababab '))).toBe(true)
  })

  it('shows what is typed', () => {
    expect(texts(listView(list({ query: 'we', isTyping: true }), size(60, 20)).lines).at(-1)).toMatch(/^\/we +Enter keep {2}Esc clear$/)
    expect(texts(listView(list({ query: 'we' }), size(60, 20)).lines).at(-1)).toMatch(/^\/we {2}Esc clears/)
    expect(texts(listView(list({ isGrouped: false }), size(60, 20)).lines)[4]).toMatch(/^shop\/web /)
  })

  it('shows text of strangers so that it steers nothing', () => {
    const evil = rows(['\u001b[2J\u202e', '\u001b]0;x\u0007'])
    for (const isGrouped of [true, false]) {
      const picture = listView(list({ groups: groupRows(evil, sort), isGrouped, notice: '\u001b[2J' }), size(80, 20))
      // oxlint-disable-next-line no-control-regex
      expect(texts(picture.lines).join('')).not.toMatch(/[\u0000-\u001f\u202e]/)
    }
  })
})

describe('one container', () => {
  const row = SHOP[0] as Row
  const facts = (more: Partial<DetailFacts> = {}): DetailFacts => {
    const { container, history } = row
    return { container, image: 'nginx:1', row, exitCode: undefined, history, top: 0, intervalMs: 1000, bars: BLOCKS, ...more }
  }

  it('has everything that is known', () => {
    expect(texts(detailView(facts(), size(60, 30)).lines)).toEqual([
      `shop/web${' '.repeat(45)}running`,
      'id         id0',
      'project    shop',
      'image      nginx:1',
      'engine     docker.com unix:///run/docker.sock',
      'engine id  ID',
      'pid        1',
      'started    2024-01-01T23:58:30.000Z (1m ago)',
      'cpu        12.3%',
      'memory     48M of 64M',
      'pids       7',
      '',
      'cpu, the last 4s, at most 12.3%',
      '           ▂▂▂▂',
      '           ████',
      '           ████',
      '           ████',
      '',
      'memory, the last 4s, at most 48M',
      '           ▂▂▂▂',
      '           ████',
      '           ████',
      '           ████',
      '',
      'labels',
      '  com.docker.compose.project=shop',
      '',
      '',
      '',
      `Esc back${' '.repeat(38)}? help  q quit`,
    ])
  })

  it('still is there after the end', () => {
    const lines = texts(detailView(facts({ row: undefined, exitCode: 137 }), size(60, 30)).lines)
    expect(lines[0]).toMatch(/ended, exit code 137$/)
    expect(lines).toContain('started    2024-01-01T23:58:30.000Z')
    expect(texts(detailView(facts({ row: undefined }), size(60, 30)).lines)[0]).toMatch(/ended$/)
  })

  it('what is no number where one belongs is a question mark, and no moment no failure', () => {
    const evil = '\u001b[2J' as unknown as number
    const container = { ...facts().container, pid: evil, startedAt: new Date(Number.NaN) }
    const lines = texts(detailView(facts({ container, row: undefined, exitCode: evil }), size(60, 30)).lines)
    expect(lines[0]).toMatch(/ended, exit code \?$/)
    expect(lines).toContain('pid        ?')
    expect(lines).toContain('started    ?')
  })

  it('scrolls, not further than to its end, and fits into every size', () => {
    const { lines, top, height } = detailView(facts({ top: 10_000 }), size(40, 10))
    expect(texts(lines).at(-2)).toBe('  com.docker.compose.project=shop')
    expect([lines.length, height]).toEqual([10, 8])
    expect(detailView(facts({ top }), size(40, 10)).lines).toEqual(lines)
    for (let columns = 1; columns < 90; columns += 4) {
      for (const height of [1, 2, 3, 5, 24]) {
        const picture = detailView(facts(), size(columns, height))
        expect(picture.lines).toHaveLength(height)
        for (const line of picture.lines) expect(textWidth(lineText(line))).toBeLessThanOrEqual(columns)
        expect(helpView(99, size(columns, height)).lines).toHaveLength(height)
      }
    }
  })

  it('shows long labels whole, and what strangers have written as text', () => {
    const container = containerOf({ ...row.container, labels: { evil: `\u001b[2J${'x'.repeat(100)}end` } })
    const lines = texts(detailView(facts({ container, image: '\u009b' }), size(50, 60)).lines)
    expect(lines.map((line) => line.trim()).join('')).toContain(`evil=\\x1b[2J${'x'.repeat(100)}end`)
    expect(lines).toContain('image      \\x9b')
    const many = Object.fromEntries(Array.from({ length: 600 }, (_, n) => [`k${n}`, 'x'.repeat(5000)]))
    const last = detailView(facts({ container: { ...container, labels: many }, top: 10 ** 6 }), size(50, 60)).lines
    expect(texts(last).at(-2)).toBe('  and 100 more')
  })
})
