/** Times and texts in the words of docker. */

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Names of units, from the largest one, with the least that is said in them. */
const UNITS: readonly (readonly [name: string, ms: number, from: number])[] = [
  ['year', 365 * DAY, 2 * 365 * DAY],
  ['month', 30 * DAY, 60 * DAY],
  ['week', 7 * DAY, 14 * DAY],
  ['day', DAY, 2 * DAY],
  ['hour', HOUR, HOUR],
  ['minute', MINUTE, MINUTE],
  ['second', SECOND, SECOND],
]

/** `5 minutes ago`; nothing for a time that is not known. */
export function ago(then: Date | undefined, now: Date): string {
  if (then === undefined) return ''
  const ms = now.getTime() - then.getTime()
  for (const [name, unit, from] of UNITS) {
    if (ms < from) continue
    const count = Math.floor(ms / unit)
    return `${count} ${name}${count === 1 ? '' : 's'} ago`
  }
  return 'just now'
}

/** An id for a column: what only a machine could have made up is cut to what a person still can compare. */
export function shortId(id: string): string {
  return /^[0-9a-f]{64}$/.test(id) ? id.slice(0, 12) : id
}

/** Text for a column. */
export function shortened(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`
}
