/** Size of the terminal, in characters. */
export interface Size {
  readonly columns: number
  readonly rows: number
}

/** The first line to show of `count`, so that line `index` is among the `height` that there is room for, and little moves. */
export function scrolledTo(index: number, top: number, height: number, count: number): number {
  const least = index - height + 1
  const wanted = Math.min(index, Math.max(least, top))
  return Math.max(0, Math.min(wanted, count - height))
}
