/** The whole screen, from what is known and what was chosen. */

import { sortRows, groupRows, type Group } from '../model/order.ts'
import type { LiveModel } from '../model/live-model.ts'
import { matcherOf } from '../model/query.ts'
import type { Row } from '../model/row.ts'
import { imageOf } from '../image-packer.ts'
import type { Bars } from '../view/chart.ts'
import { detailView } from '../view/detail-view.ts'
import { helpView } from '../view/help-view.ts'
import type { Line } from '../view/line.ts'
import { listView } from '../view/list-view.ts'
import type { Size } from '../view/size.ts'
import { cursorOf, settled, type UiState } from './ui-state.ts'

/** A screen, with the state as it is after it was drawn. */
export interface Picture {
  readonly lines: readonly Line[]
  readonly state: UiState
  /** Keys of the rows in the order of the list. */
  readonly keys: readonly string[]
  /** Lines of the page that are shown. */
  readonly height: number
}

/** What does not change while it runs. */
export interface Setting {
  readonly bars: Bars
  readonly intervalMs: number
}

/** Draws the page that is chosen. */
export function pictureOf(model: LiveModel, before: UiState, notice: string, size: Size, { bars, intervalMs }: Setting): Picture {
  const all = model.rows()
  const matches = matcherOf(before.query)
  const groups = groupsOf(all.filter(matches), before)
  const keys = groups.flatMap(({ rows }) => rows.map(({ key }) => key))
  const state = settled(before, keys)
  const { page } = state
  if (page.kind === 'help') {
    const { lines, top, height } = helpView(page.top, size)
    return { lines, keys, height, state: { ...state, page: { ...page, top } } }
  }
  if (page.kind === 'details') {
    const row = all.find(({ key }) => key === page.key)
    const ended = model.ended(page.key)
    const container = row?.container ?? ended?.container
    if (container !== undefined) {
      const history = row?.history ?? ended?.history ?? { cpuPercent: [], memoryBytes: [] }
      const facts = { container, image: imageOf(container), row, exitCode: ended?.exitCode, history, top: page.top, intervalMs, bars }
      const { lines, top, height } = detailView(facts, size)
      return { lines, keys, height, state: { ...state, page: { ...page, top } } }
    }
  }
  const { sort, isGrouped, query, isTyping } = state
  const selected = cursorOf(state, keys)
  const engines = model.engines()
  const { isReady } = model
  const facts = { engines, isReady, groups, isGrouped, total: all.length, sort, query, isTyping, selected, top: state.top, notice, bars }
  const { lines, top, height } = listView(facts, size)
  return { lines, keys, height, state: { ...state, page: { kind: 'list' }, top } }
}

function groupsOf(rows: readonly Row[], { sort, isGrouped }: UiState): Group[] {
  const groups = groupRows(rows, sort)
  if (isGrouped || groups.length === 0) return groups
  const total = (value: (group: Group) => number): number => groups.reduce((sum, group) => sum + value(group), 0)
  return [
    {
      project: '',
      rows: sortRows(rows, sort),
      cpuPercent: total((group) => group.cpuPercent),
      memoryBytes: total((group) => group.memoryBytes),
      pids: total((group) => group.pids),
    },
  ]
}
