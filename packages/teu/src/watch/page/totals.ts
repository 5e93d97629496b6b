/** Sums over containers. */

import type { Model, Row } from './model.ts'

/** Of a group of containers. */
export interface Totals {
  readonly count: number
  readonly paused: number
  /** Those of engines that cannot be heard; what they took last is in no sum. */
  readonly unknown: number
  readonly cpu: number
  readonly memory: number
  readonly pids: number
}

/** What is not known counts as nothing. */
export function totalsOf(model: Model): Totals {
  const totals = { count: 0, paused: 0, unknown: 0, cpu: 0, memory: 0, pids: 0 }
  const deaf = new Set(model.engines.flatMap(({ api, state }) => (state === 'watching' ? [] : [api])))
  for (const { container, reading } of model.rows.values()) {
    if (deaf.has(container.engine)) {
      totals.unknown++
      continue
    }
    totals.count++
    if (container.paused) totals.paused++
    totals.cpu += reading[1] ?? 0
    totals.memory += reading[2] ?? 0
    totals.pids += reading[4] ?? 0
  }
  return totals
}

/** Containers by what `groupOf` says of them. */
export function countsBy(model: Model, groupOf: (row: Row) => string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const row of model.rows.values()) counts.set(groupOf(row), (counts.get(groupOf(row)) ?? 0) + 1)
  return counts
}
