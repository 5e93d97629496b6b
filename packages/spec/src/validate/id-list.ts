/** Lists of CPUs or memory nodes, as the kernel writes them: `0-3,7`. @see cpuset(7) "List format" */

/** The largest number in a list; no kernel is built for more than 8192 CPUs. */
export const ID_LIST_MAX = 8191
/** Longer than any list of 8192 numbers. */
const LENGTH_MAX = 65536
const ZERO = 48
const COMMA = 44
const DASH = 45

/**
 * Judges a list without building anything from it, so that no number in it costs memory.
 * @returns undefined when it is fine, else what was expected instead
 */
export function idListRule(text: string): string | undefined {
  return text.length <= LENGTH_MAX && scanIdList(text, () => {}) ? undefined : `a list of numbers from 0 to ${ID_LIST_MAX} such as 0-3,7`
}

/**
 * The list as a little-endian bit set, as sched_setaffinity(2) and set_mempolicy(2) take it; a whole number of 8-byte words.
 * @throws {RangeError} for a list that {@link idListRule} refuses
 */
export function idListMask(text: string): Uint8Array {
  const mask = new Uint8Array((ID_LIST_MAX + 1) / 8)
  let highest = 0
  const isList = scanIdList(text, (first, last) => {
    for (let id = first; id <= last; id += 1) mask[id >> 3] = (mask[id >> 3] as number) | (1 << (id & 7))
    highest = Math.max(highest, last)
  })
  if (!isList) throw new RangeError('not a list of CPUs or memory nodes')
  return mask.slice(0, ((highest >> 6) + 1) * 8)
}

/** Calls `range` for each range in order; false as soon as the text is no list. */
function scanIdList(text: string, range: (first: number, last: number) => void): boolean {
  let at = 0
  for (;;) {
    const start = at
    let first = 0
    for (; isDigit(text, at); at += 1) if ((first = first * 10 + text.charCodeAt(at) - ZERO) > ID_LIST_MAX) return false
    if (at === start) return false
    let last = first
    if (text.charCodeAt(at) === DASH) {
      at += 1
      const lastStart = at
      last = 0
      for (; isDigit(text, at); at += 1) if ((last = last * 10 + text.charCodeAt(at) - ZERO) > ID_LIST_MAX) return false
      if (at === lastStart || last < first) return false
    }
    range(first, last)
    if (at === text.length) return true
    if (text.charCodeAt(at) !== COMMA) return false
    at += 1
  }
}

function isDigit(text: string, at: number): boolean {
  const digit = text.charCodeAt(at) - ZERO
  return digit >= 0 && digit <= 9
}
