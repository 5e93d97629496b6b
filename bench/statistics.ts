/** Numbers of a series of measurements. */

/** Milliseconds. */
export interface Summary {
  readonly count: number
  readonly p10: number
  readonly median: number
  readonly p90: number
}

const at = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN

/** The median and the range that most runs lie in. */
export function summarise(samples: readonly number[]): Summary {
  const sorted = [...samples].sort((a, b) => a - b)
  return { count: sorted.length, p10: at(sorted, 0.1), median: at(sorted, 0.5), p90: at(sorted, 0.9) }
}

/** Rows as an aligned table; all columns but the first are right-aligned. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [heading, ...rows]
  const widths = heading.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)))
  return all
    .map((row) => row.map((cell, n) => (n === 0 ? cell.padEnd(widths[n] ?? 0) : cell.padStart(widths[n] ?? 0))).join('   '))
    .join('\n')
}
