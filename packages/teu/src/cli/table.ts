/** Columns of text for terminals. */

const MIN_WIDTH = 12
const GAP = 3

/** Lines of cells, each cell at least 12 wide and 3 spaces from the next; the last one is not padded. */
export function toTable(rows: readonly (readonly string[])[]): string {
  const clean = rows.map((row) => row.map(printable))
  const columns = Math.max(...clean.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, n) => Math.max(MIN_WIDTH, ...clean.map((row) => (row[n] ?? '').length + GAP)))
  return clean.map((row) => `${row.map((cell, n) => (n === row.length - 1 ? cell : cell.padEnd(widths[n] as number))).join('')}\n`).join('')
}

/** Text on one line that cannot steer a terminal: control characters become escapes. */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (char) => {
    if (char === '\n') return '\\n'
    if (char === '\t') return '\\t'
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
}
