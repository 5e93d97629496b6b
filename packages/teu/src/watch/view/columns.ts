/** The columns of the list: what they show, and which of them there is room for. */

import type { Group, SortKey } from '../model/order.ts'
import type { Row } from '../model/row.ts'
import { ageText, bytesText, percentText } from './amounts.ts'
import { type Bars, sparkline } from './chart.ts'
import { type Span, span, type Style } from './line.ts'
import { cut, fitted } from './text-width.ts'
import { visible } from './visible.ts'

/** One column but that of the name. */
interface Column {
  readonly id: string
  readonly title: string
  readonly width: number
  readonly align: 'left' | 'right'
  readonly sortKey: SortKey | undefined
  readonly cell: (row: Row, bars: Bars) => Span
  /** In the line of a project. */
  readonly sum: (group: Group) => string
}

/** What is drawn. */
export interface Columns {
  readonly nameWidth: number
  readonly others: readonly Column[]
}

const GAP = 2
/** Of the name: as long as there is room for anything else at all, and before there are more columns than two. */
const LEAST_NAME = 10
const GOOD_NAME = 18
const MOST_NAME = 48
const CHART_WIDTH = 12
/** A use of the processor that fills the small chart, in percent, when there was none above. */
const CHART_MOST = 10
const BUSY = 80
const NEARLY_FULL = 0.9

/** Orders that begin with the largest. */
const FALLING: ReadonlySet<SortKey> = new Set(['cpu', 'memory', 'pids'])

const nothing = (): string => ''

const ALL: readonly Column[] = [
  {
    id: 'engine',
    title: 'ENGINE',
    width: 10,
    align: 'left',
    sortKey: 'engine',
    cell: (row) => span(visible(row.engine), 'dim'),
    sum: nothing,
  },
  { id: 'state', title: 'STATE', width: 7, align: 'left', sortKey: 'state', cell: ({ state }) => stateSpan(state), sum: nothing },
  { id: 'age', title: 'AGE', width: 5, align: 'right', sortKey: 'age', cell: ({ ageMs }) => span(ageText(ageMs)), sum: nothing },
  {
    id: 'cpu',
    title: 'CPU%',
    width: 6,
    align: 'right',
    sortKey: 'cpu',
    cell: ({ usage }) => span(percentText(usage?.cpuPercent), ...busyStyles(usage?.cpuPercent)),
    sum: ({ cpuPercent }) => percentText(cpuPercent),
  },
  {
    id: 'chart',
    title: '',
    width: CHART_WIDTH,
    align: 'left',
    sortKey: undefined,
    cell: ({ history }, bars) => span(sparkline(history.cpuPercent, CHART_WIDTH, CHART_MOST, bars), 'accent'),
    sum: nothing,
  },
  {
    id: 'memory',
    title: 'MEM',
    width: 6,
    align: 'right',
    sortKey: 'memory',
    cell: ({ usage }) => span(bytesText(usage?.memoryBytes), ...fullStyles(usage)),
    sum: ({ memoryBytes }) => bytesText(memoryBytes),
  },
  {
    id: 'limit',
    title: 'LIMIT',
    width: 6,
    align: 'right',
    sortKey: undefined,
    cell: ({ usage }) => span(bytesText(usage?.memoryLimitBytes), 'dim'),
    sum: nothing,
  },
  {
    id: 'pids',
    title: 'PIDS',
    width: 5,
    align: 'right',
    sortKey: 'pids',
    cell: ({ usage }) => span(usage?.pids?.toString() ?? '-'),
    sum: ({ pids }) => pids.toString(),
  },
]

/** Which columns get a place first. */
const PRIORITY: readonly string[] = ['cpu', 'memory', 'state', 'pids', 'age', 'limit', 'chart', 'engine']

/** Columns for a width. The name gets what the others leave, up to what anybody reads. */
export function columnsFor(width: number): Columns {
  const chosen = new Set<string>()
  let left = width
  for (const [n, id] of PRIORITY.entries()) {
    const column = ALL.find((one) => one.id === id)
    const name = n < 2 ? LEAST_NAME : GOOD_NAME
    if (column === undefined || left - column.width - GAP < name) break
    left -= column.width + GAP
    chosen.add(id)
  }
  return { nameWidth: Math.min(MOST_NAME, Math.max(1, left)), others: ALL.filter(({ id }) => chosen.has(id)) }
}

/** The titles, that of the order with an arrow. */
export function titleCells({ nameWidth, others }: Columns, sort: { readonly key: SortKey; readonly reverse: boolean }): Span[] {
  const titled = (title: string, key: SortKey | undefined, width: number, align: 'left' | 'right'): Span => {
    const isSorted = key === sort.key
    const arrow = isSorted ? (FALLING.has(sort.key) !== sort.reverse ? '↓' : '↑') : ''
    return span(
      fitted(cut(title, width - arrow.length) + arrow, width, align),
      ...(isSorted ? (['bold', 'accent'] as const) : (['dim'] as const)),
    )
  }
  const cells = [titled('NAME', 'name', nameWidth, 'left')]
  for (const { title, sortKey, width, align } of others) cells.push(span('  '), titled(title, sortKey, width, align))
  return cells
}

/** One container. */
export function rowCells({ nameWidth, others }: Columns, row: Row, name: string, bars: Bars): Span[] {
  const cells = [span(fitted(name, nameWidth))]
  for (const { cell, width, align } of others) {
    const { text, styles } = cell(row, bars)
    cells.push(span('  '), { text: fitted(text, width, align), styles })
  }
  return cells
}

/** One project, with sums. */
export function groupCells({ nameWidth, others }: Columns, group: Group): Span[] {
  const name = group.project === '' ? 'no project' : visible(group.project)
  const cells = [span(fitted(`${name} (${group.rows.length})`, nameWidth), 'bold')]
  for (const { sum, width, align } of others) cells.push(span('  '), span(fitted(sum(group), width, align), 'dim'))
  return cells
}

/** The state of a container in its colour. */
export function stateSpan(state: Row['state']): Span {
  const styles = { running: ['good'], paused: ['warn'], unknown: ['bad'] } as const satisfies Record<Row['state'], readonly Style[]>
  return span(state, ...styles[state])
}

function busyStyles(percent: number | undefined): Style[] {
  return percent !== undefined && percent >= BUSY ? ['warn'] : []
}

function fullStyles(usage: Row['usage']): Style[] {
  const { memoryBytes, memoryLimitBytes } = usage ?? {}
  return memoryBytes !== undefined && memoryLimitBytes !== undefined && memoryBytes >= NEARLY_FULL * memoryLimitBytes ? ['bad'] : []
}
