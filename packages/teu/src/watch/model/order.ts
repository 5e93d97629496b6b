/** Sorting of rows, and their grouping by project. */

import type { Row } from './row.ts'

export const SORT_KEYS = ['name', 'engine', 'state', 'age', 'cpu', 'memory', 'pids'] as const

/** What rows can be sorted by. */
export type SortKey = (typeof SORT_KEYS)[number]

/** An order. Words begin with A, numbers with the largest, ages with the youngest; `reverse` turns that round. */
export interface Sort {
  readonly key: SortKey
  readonly reverse: boolean
}

/** The rows of one project; `''` for those outside of any. */
export interface Group {
  readonly project: string
  readonly rows: readonly Row[]
  /** Sums of what is known now; the last usage of containers whose engine cannot be heard is in none. */
  readonly cpuPercent: number
  readonly memoryBytes: number
  readonly pids: number
}

const collator = new Intl.Collator('en', { numeric: true })
/** Of a name that an engine may have made as long as it likes. */
const LONGEST = 256

const byText = (a: string, b: string): number => collator.compare(a.slice(0, LONGEST), b.slice(0, LONGEST))

const COMPARE: Readonly<Record<SortKey, (a: Row, b: Row) => number>> = {
  name: (a, b) => byText(a.container.name, b.container.name),
  engine: (a, b) => byText(a.engine, b.engine) || byText(a.container.engine.api, b.container.engine.api),
  state: (a, b) => byText(a.state, b.state),
  age: (a, b) => (a.ageMs ?? Infinity) - (b.ageMs ?? Infinity) || 0,
  cpu: (a, b) => (b.usage?.cpuPercent ?? -1) - (a.usage?.cpuPercent ?? -1),
  memory: (a, b) => (b.usage?.memoryBytes ?? -1) - (a.usage?.memoryBytes ?? -1),
  pids: (a, b) => (b.usage?.pids ?? -1) - (a.usage?.pids ?? -1),
}

/** A sorted copy. Equal ones are ordered by name and then by key, so that nothing jumps without a reason. */
export function sortRows(rows: readonly Row[], { key, reverse }: Sort): Row[] {
  const compare = COMPARE[key]
  const sign = reverse ? -1 : 1
  return [...rows].sort((a, b) => sign * compare(a, b) || COMPARE.name(a, b) || (a.key < b.key ? -1 : 1))
}

/** Groups of sorted rows. Sorted by a number, the groups are by their sums; otherwise by name, those without a project last. */
export function groupRows(rows: readonly Row[], sort: Sort): Group[] {
  const byProject = new Map<string, Row[]>()
  for (const row of sortRows(rows, sort)) {
    const { project } = row.container
    const group = byProject.get(project)
    if (group === undefined) byProject.set(project, [row])
    else group.push(row)
  }
  const groups = Array.from(byProject, ([project, members]): Group => {
    return {
      project,
      rows: members,
      cpuPercent: sum(members, (row) => row.usage?.cpuPercent),
      memoryBytes: sum(members, (row) => row.usage?.memoryBytes),
      pids: sum(members, (row) => row.usage?.pids),
    }
  })
  return groups.sort((a, b) => compareGroups(a, b, sort))
}

function compareGroups(a: Group, b: Group, { key, reverse }: Sort): number {
  const sign = reverse ? -1 : 1
  if (key === 'cpu') return sign * (b.cpuPercent - a.cpuPercent) || byProjectName(a, b, 1)
  if (key === 'memory') return sign * (b.memoryBytes - a.memoryBytes) || byProjectName(a, b, 1)
  if (key === 'pids') return sign * (b.pids - a.pids) || byProjectName(a, b, 1)
  return byProjectName(a, b, key === 'name' ? sign : 1)
}

function byProjectName(a: Group, b: Group, sign: number): number {
  if (a.project === '' || b.project === '') return a.project === '' ? 1 : -1
  return sign * byText(a.project, b.project)
}

function sum(rows: readonly Row[], value: (row: Row) => number | undefined): number {
  return rows.reduce((total, row) => total + (row.state === 'unknown' ? 0 : (value(row) ?? 0)), 0)
}
