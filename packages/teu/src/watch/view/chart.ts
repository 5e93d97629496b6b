/** Numbers over time, drawn with characters. */

/** Characters from little to much, and one for what is not known. */
export interface Bars {
  readonly levels: string
  readonly none: string
}

/** Block elements. */
export const BLOCKS: Bars = { levels: ' ▁▂▃▄▅▆▇█', none: ' ' }
/** For terminals without them. */
export const ASCII_BARS: Bars = { levels: ' .:-=+*#@', none: ' ' }

/** One line, a character for each of the last values, as wide as asked for.
 *  @param most  what fills the line; the largest value does when it is more */
export function sparkline(values: readonly number[], width: number, most: number, bars: Bars = BLOCKS): string {
  return chart(values, { columns: width, rows: 1 }, most, bars)[0] ?? ''
}

/** Several lines, the highest first. What is more than nothing shows at least a trace. */
export function chart(
  values: readonly number[],
  { columns, rows }: { readonly columns: number; readonly rows: number },
  most: number,
  { levels, none }: Bars = BLOCKS,
): string[] {
  const steps = levels.length - 1
  const shown = values.slice(-columns)
  const scale = Math.max(most, ...shown.filter((value) => !Number.isNaN(value)))
  const heights = shown.map((value) => {
    if (Number.isNaN(value)) return undefined
    return value <= 0 || scale <= 0 ? 0 : Math.max(1, Math.round((value / scale) * rows * steps))
  })
  return Array.from({ length: rows }, (_, n) => {
    const below = (rows - 1 - n) * steps
    const text = heights.map((height) => (height === undefined ? none : (levels[Math.min(steps, Math.max(0, height - below))] ?? none)))
    return text.join('').padStart(columns)
  })
}
