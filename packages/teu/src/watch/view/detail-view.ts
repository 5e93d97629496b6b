/** One container as lines of the screen. */

import type { Container } from '@teu/watch'
import type { UsageHistory } from '../model/history.ts'
import { type Row, shownName } from '../model/row.ts'
import { ageText, bytesText, momentText, percentText, wholeNumberText } from './amounts.ts'
import { type Bars, chart } from './chart.ts'
import { stateSpan } from './columns.ts'
import { clipped, type Line, span, spread, type Style } from './line.ts'
import type { Size } from './size.ts'
import { fitted, pieces } from './text-width.ts'
import { visible } from './visible.ts'

/** What the page shows: a live container, or what was known of one that has ended. */
export interface DetailFacts {
  readonly container: Container
  readonly image: string | undefined
  /** Undefined once it has ended. */
  readonly row: Row | undefined
  /** How it has ended, when that is known. */
  readonly exitCode: number | undefined
  readonly history: UsageHistory
  /** First line that is wanted. */
  readonly top: number
  /** Milliseconds between two samples. */
  readonly intervalMs: number
  readonly bars: Bars
}

/** See ListPicture. */
export interface DetailPicture {
  readonly lines: readonly Line[]
  readonly top: number
  readonly height: number
}

const TITLE_WIDTH = 11
const INDENT = '  '
const CHART_ROWS = 4
/** What an engine says has no bound. */
const MOST_LABELS = 500
const LONGEST_LABEL = 4000
/** Above the largest value. */
const HEADROOM = 1.25
/** Of a small screen. */
const SMALL = 16

/** Pure: the same facts make the same lines. */
export function detailView(facts: DetailFacts, { columns, rows }: Size): DetailPicture {
  const content = [...fields(facts, columns), [], ...charts(facts, { columns, rows }), ...labels(facts, columns)]
  const height = Math.max(0, rows - 2)
  const top = Math.max(0, Math.min(facts.top, content.length - height))
  const body: Line[] = content.slice(top, top + height)
  while (body.length < height) body.push([])
  const more = content.length > height ? `${top + 1}-${Math.min(content.length, top + height)} of ${content.length}  ` : ''
  const foot = spread([span('Esc back', 'dim')], [span(`${more}? help  q quit`, 'dim')], columns)
  return { lines: [headLine(facts, columns), ...body, foot].slice(0, rows).map((line) => clipped(line, columns)), top, height }
}

function headLine({ container, row, exitCode }: DetailFacts, width: number): Line {
  const { project } = container
  const name = shownName(container)
  const state =
    row === undefined
      ? span(exitCode === undefined ? 'ended' : `ended, exit code ${wholeNumberText(exitCode)}`, 'bad')
      : stateSpan(row.state)
  return spread([span(visible(project === '' ? name : `${project}/${name}`), 'bold', 'accent')], [state], width)
}

function fields({ container, image, row }: DetailFacts, width: number): Line[] {
  const { id, pid, project, engine, startedAt, privileged } = container
  const usage = row?.usage
  const limit = usage?.memoryLimitBytes
  const since = startedAt === undefined ? '-' : `${momentText(startedAt)}${row === undefined ? '' : ` (${ageText(row.ageMs)} ago)`}`
  const one = (title: string, text: string, ...styles: readonly Style[]): Line[] => field(title, text, width, ...styles)
  return [
    ...one('id', visible(id)),
    ...(project === '' ? [] : one('project', visible(project))),
    ...one('image', image === undefined ? '-' : visible(image)),
    ...one('engine', visible(`${engine.type} ${engine.api}`)),
    ...one('engine id', visible(engine.id)),
    ...one('pid', wholeNumberText(pid)),
    ...one('started', since),
    ...(privileged === true ? one('privileged', 'yes', 'warn') : []),
    ...one('cpu', usage === undefined ? '-' : `${percentText(usage.cpuPercent)}%`),
    ...one(
      'memory',
      usage === undefined ? '-' : `${bytesText(usage.memoryBytes)} of ${limit === undefined ? 'no limit' : bytesText(limit)}`,
    ),
    ...one('pids', usage?.pids?.toString() ?? '-'),
  ]
}

/** A value as long as it is, on as many lines as it takes. */
function field(title: string, text: string, width: number, ...styles: readonly Style[]): Line[] {
  const room = Math.max(1, width - TITLE_WIDTH)
  return pieces(text, room).map((piece, n) => [span(fitted(n === 0 ? title : '', TITLE_WIDTH), 'dim'), span(piece, ...styles)])
}

function charts({ history, intervalMs, bars }: DetailFacts, { columns, rows }: Size): Line[] {
  const count = rows < SMALL ? 1 : CHART_ROWS
  const width = Math.max(1, Math.min(columns - TITLE_WIDTH, history.cpuPercent.length))
  const time = ageText(width * intervalMs)
  const draw = (title: string, values: readonly number[], text: (value: number) => string, least: number): Line[] => {
    const known = values.slice(-width).filter((value) => !Number.isNaN(value))
    if (known.length === 0) return []
    const largest = Math.max(...known)
    const lines = largest <= 0 ? [] : chart(values, { columns: width, rows: count }, Math.max(least, HEADROOM * largest), bars)
    return [
      [span(`${title}, the last ${time}, at most ${text(largest)}`, 'dim')],
      ...lines.map((line) => [span(' '.repeat(TITLE_WIDTH)), span(line, 'accent')]),
      [],
    ]
  }
  return [...draw('cpu', history.cpuPercent, (value) => `${percentText(value)}%`, 1), ...draw('memory', history.memoryBytes, bytesText, 1)]
}

function labels({ container }: DetailFacts, width: number): Line[] {
  const entries = Object.entries(container.labels)
  if (entries.length === 0) return [[span('no labels', 'dim')]]
  const shown = entries.slice(0, MOST_LABELS).sort(([a], [b]) => (a < b ? -1 : 1))
  const lines = shown.flatMap(([key, value]) => pieces(visible(`${key}=${value}`, LONGEST_LABEL), Math.max(1, width - INDENT.length)))
  const others = entries.length - shown.length
  return [
    [span('labels', 'dim')],
    ...lines.map((line): Line => [span(INDENT), span(line)]),
    ...(others > 0 ? [[span(`${INDENT}and ${others} more`, 'dim')]] : []),
  ]
}
