/** Which rows of a long table have to exist for what is in sight. */

/** Rows from `first` up to, and without, `end`; and the heights in pixels of what is left out above and below. */
export interface RowWindow {
  readonly first: number
  readonly end: number
  readonly aboveHeight: number
  readonly belowHeight: number
}

/** Rows beyond each edge, so that nothing is missing while the next frame is on its way. */
const MARGIN = 12

/** All rows have the same height. The first one is at an even index, so that stripes stay where they are. */
export function rowWindow(count: number, rowHeight: number, scrollTop: number, viewHeight: number): RowWindow {
  const top = Math.floor(Math.max(0, scrollTop) / rowHeight) - MARGIN
  const first = Math.max(0, Math.min(top - (top % 2), count))
  const end = Math.min(count, Math.ceil((Math.max(0, scrollTop) + viewHeight) / rowHeight) + MARGIN)
  return { first, end: Math.max(first, end), aboveHeight: first * rowHeight, belowHeight: (count - Math.max(first, end)) * rowHeight }
}
