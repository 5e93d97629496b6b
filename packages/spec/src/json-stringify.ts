/**
 * JSON text of a value, like `JSON.stringify`, with every `bigint` as a plain integer. Key order is that of the object.
 * @param indent  spaces per level (at most 10) or the text of one level; absent: one line
 */
export function stringifyJson(value: unknown, indent?: number | string): string {
  const native = nativeText(value, indent)
  if (native !== undefined) return native.text
  const gap = typeof indent === 'number' ? ' '.repeat(Math.max(0, Math.min(10, Math.floor(indent)))) : (indent ?? '').slice(0, 10)
  return write(value, '', gap, '\n') ?? 'null'
}

/** What the engine makes of a value without a bigint. It refuses those with one by itself, so that the search for them, which takes as long,
 *  is seldom needed; but for a `toJSON` that somebody gave to BigInt.prototype, which must not turn limits into strings. */
function nativeText(value: unknown, indent: number | string | undefined): { readonly text: string } | undefined {
  if ('toJSON' in BigInt.prototype && holdsBigInt(value)) return undefined
  try {
    return { text: JSON.stringify(value, undefined, indent) }
  } catch (error) {
    if (holdsBigInt(value)) return undefined
    throw error
  }
}

function holdsBigInt(value: unknown): boolean {
  if (typeof value === 'bigint') return true
  if (typeof value !== 'object' || value === null) return false
  for (const item of Array.isArray(value) ? value : Object.values(value)) {
    if (typeof item === 'bigint' || (typeof item === 'object' && holdsBigInt(item))) return true
  }
  return false
}

/** undefined for what JSON leaves out. */
function write(value: unknown, key: string, gap: string, newline: string): string | undefined {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (hasToJson(value)) return write(value.toJSON(key), key, gap, newline)
  const inner = gap === '' ? '' : newline + gap
  const outer = gap === '' ? '' : newline
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]'
    return `[${inner}${value.map((item, index) => write(item, String(index), gap, newline + gap) ?? 'null').join(`,${inner}`)}${outer}]`
  }
  const members: string[] = []
  for (const [name, item] of Object.entries(value)) {
    const text = write(item, name, gap, newline + gap)
    if (text !== undefined) members.push(`${JSON.stringify(name)}:${gap === '' ? '' : ' '}${text}`)
  }
  return members.length === 0 ? '{}' : `{${inner}${members.join(`,${inner}`)}${outer}}`
}

function hasToJson(value: object): value is { toJSON(key: string): unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function'
}
