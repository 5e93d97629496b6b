/** Amounts in few characters. */

/** `0.3`, `42`, `128`: percent without its sign. */
export function percentText(percent: number | undefined): string {
  if (percent === undefined || Number.isNaN(percent)) return '-'
  return percent < 99.95 ? percent.toFixed(1) : Math.round(percent).toString()
}

const UNITS = ['B', 'K', 'M', 'G', 'T', 'P']

/** `512B`, `9.8M`, `64M`: 1024-based, at most five characters. */
export function bytesText(bytes: number | undefined): string {
  if (bytes === undefined || Number.isNaN(bytes)) return '-'
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1024
    unit++
  }
  const text = unit > 0 && value < 9.95 ? Number(value.toFixed(1)).toString() : Math.round(value).toString()
  return `${text}${UNITS[unit]}`
}

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** `42s`, `12m`, `5h`, `9d`, `3y`. */
export function ageText(ms: number | undefined): string {
  if (ms === undefined) return '-'
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)}s`
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)}m`
  if (ms < 2 * DAY) return `${Math.floor(ms / HOUR)}h`
  return ms < 1000 * DAY ? `${Math.floor(ms / DAY)}d` : `${Math.floor(ms / (365 * DAY))}y`
}

/** A number of a process, or an exit code; `?` for whatever else an engine may have said in its place. */
export function wholeNumberText(value: number): string {
  return Number.isSafeInteger(value) ? value.toString() : '?'
}

/** As ISO 8601 has it; `?` for what is no moment. */
export function momentText(date: Date): string {
  return Number.isNaN(date.getTime()) ? '?' : date.toISOString()
}
