/** The list of containers as lines of the screen. */

import type { EngineFacts } from '../model/engine-facts.ts'
import type { Group, Sort } from '../model/order.ts'
import { type Row, shownName } from '../model/row.ts'
import { bytesText, percentText } from './amounts.ts'
import type { Bars } from './chart.ts'
import { columnsFor, type Columns, groupCells, rowCells, titleCells } from './columns.ts'
import { engineLines } from './engine-lines.ts'
import { clipped, type Line, span, selected as selectedLine, spread } from './line.ts'
import { scrolledTo, type Size } from './size.ts'
import { visible } from './visible.ts'

/** What the list shows. */
export interface ListFacts {
  readonly engines: readonly EngineFacts[]
  /** False until it is known which engines there are. */
  readonly isReady: boolean
  /** What the query lets through; one group of everything when it is not grouped. */
  readonly groups: readonly Group[]
  readonly isGrouped: boolean
  /** Containers without the query. */
  readonly total: number
  readonly sort: Sort
  readonly query: string
  /** The query is being typed. */
  readonly isTyping: boolean
  /** Key of the row under the cursor. */
  readonly selected: string | undefined
  /** First line of the list that was shown last. */
  readonly top: number
  /** What has happened last. */
  readonly notice: string
  readonly bars: Bars
}

/** Lines from the top of the screen to its bottom; and where the list begins now, and how many of its lines there is room for. */
export interface ListPicture {
  readonly lines: readonly Line[]
  readonly top: number
  readonly height: number
}

/** Less than this, and only what is needed most is shown. */
const SMALL = 12
const LARGE = 24
const NARROW = 50

/** Pure: the same facts make the same lines. */
export function listView(facts: ListFacts, { columns, rows }: Size): ListPicture {
  const most = rows < SMALL ? 0 : rows < LARGE ? 2 : 5
  const head = [titleLine(facts, columns, most === 0), ...engineLines(facts.engines, most)]
  if (most > 0) head.push([])
  const table = columnsFor(columns)
  head.push(titleCells(table, facts.sort))
  const height = Math.max(0, rows - head.length - 1)
  const items = itemsOf(facts)
  const index = items.findIndex((item) => 'row' in item && item.row.key === facts.selected)
  // The name of the project stays in sight above its first container.
  const above = index > 0 && 'group' in (items[index - 1] as Item) && height > 1 ? index - 1 : index
  const top = scrolledTo(index, scrolledTo(Math.max(0, above), facts.top, height, items.length), height, items.length)
  const body = items.slice(top, top + height).map((item) => itemLine(item, table, facts))
  if (items.length === 0) body.push(...emptyLines(facts).slice(0, height))
  while (body.length < height) body.push([])
  const lines = [...head, ...body, footLine(facts, columns)].slice(0, rows)
  return { lines: lines.map((line) => clipped(line, columns)), top, height }
}

type Item = { readonly group: Group } | { readonly row: Row }

function itemsOf({ groups, isGrouped }: ListFacts): Item[] {
  return groups.flatMap((group): Item[] => [...(isGrouped ? [{ group }] : []), ...group.rows.map((row) => ({ row }))])
}

function itemLine(item: Item, table: Columns, { isGrouped, selected, bars }: ListFacts): Line {
  if ('group' in item) return groupCells(table, item.group)
  const { row } = item
  const { project } = row.container
  const name = shownName(row.container)
  const text = isGrouped ? `  ${visible(name)}` : visible(project === '' ? name : `${project}/${name}`)
  const cells = rowCells(table, row, text, bars)
  return row.key === selected ? selectedLine(cells) : cells
}

function titleLine({ engines, groups, total, query }: ListFacts, width: number, isSmall: boolean): Line {
  const shown = groups.reduce((count, group) => count + group.rows.length, 0)
  const containers = query === '' ? `${total}` : `${shown} of ${total}`
  const cpu = groups.reduce((sum, { cpuPercent }) => sum + cpuPercent, 0)
  const memory = groups.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0)
  const lost = engines.filter(({ state }) => state !== 'watching').length
  const trouble = isSmall && lost > 0 ? [span(` ${lost} of ${engines.length} engines lost`, 'bad')] : []
  const noun = total === 1 ? 'container' : 'containers'
  const unknown = groups.reduce((count, group) => count + group.rows.filter(({ state }) => state === 'unknown').length, 0)
  const unsure = unknown > 0 ? [span(`, ${unknown} unknown`, 'bad')] : []
  return spread(
    [...(width < NARROW ? [] : [span('teu watch  ', 'bold', 'accent')]), span(`${containers} ${noun}`), ...unsure, ...trouble],
    [span(`cpu ${percentText(cpu)}%  mem ${bytesText(memory)}`, 'dim')],
    width,
  )
}

function emptyLines({ engines, isReady, total, query }: ListFacts): Line[] {
  if (total > 0) return [[], [span(`  No container matches "${visible(query)}".`, 'dim')]]
  if (!isReady) return [[], [span('  Looking for engines …', 'dim')]]
  if (engines.length === 0)
    return [[], [span('  No container engine was found.')], [span('  It shows here as soon as there is one.', 'dim')]]
  if (engines.every(({ state }) => state !== 'watching')) return [[], [span('  No engine can be heard. Trying again …', 'dim')]]
  return [[], [span('  No container is alive.', 'dim')]]
}

function footLine({ isTyping, query, notice }: ListFacts, width: number): Line {
  const hints = [span(isTyping ? 'Enter keep  Esc clear' : '? help  q quit', 'dim')]
  if (isTyping) return spread([span(`/${visible(query)}`), span(' ', 'selected')], hints, width)
  if (query !== '') return spread([span(`/${visible(query)}`, 'accent'), span('  Esc clears', 'dim')], hints, width)
  return spread([span(visible(notice), 'dim')], hints, width)
}
