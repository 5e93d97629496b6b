const LONGEST = 60

/** A value as messages quote it: short, on one line, with its JSON type visible. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array'
  if (typeof value === 'object' && value !== null) return 'an object'
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? `the bigint ${value}` : cut(value.toString())
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) return `${value}, which is not exact`
  return typeof value === 'number' || typeof value === 'boolean' || value === null ? String(value) : `a ${typeof value}`
}

/** Text in double quotes with control characters escaped. */
export function quote(text: string): string {
  return JSON.stringify(cut(text))
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}
