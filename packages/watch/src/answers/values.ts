/** Values in what engines answer, taken for what they are only if they are that: whoever answers may be anybody, and says what it likes. */

/** Most that Linux gives (PID_MAX_LIMIT). */
const MAX_PID = 4_194_304
const MAX_EXIT_CODE = 255
/** Last moment of the year 9999; later ones have no usual text. */
const MAX_TIME_MS = 253_402_300_799_999

/** Most characters of an id. Engines make 64, and containerd has a namespace of up to 76 before an id of as many. */
const MAX_ID = 1_024
/** Characters of a name that are kept. */
const MAX_NAME = 4_096
/** Of one container's labels are kept so many, with so many characters in their keys and values in sum. */
const MAX_LABELS = 4_096
const MAX_LABEL_CHARACTERS = 2 * 1024 * 1024

/** The number of a process; undefined for what is none. */
export function readPid(value: unknown): number | undefined {
  return isIntegerUpTo(value, MAX_PID) && value > 0 ? value : undefined
}

/** An exit status as wait(2) has it, 0 to 255; undefined for what is none. */
export function readExitCode(value: unknown): number | undefined {
  return isIntegerUpTo(value, MAX_EXIT_CODE) ? value : undefined
}

/** A moment after the beginning of 1970 and before the year 10000, of milliseconds or of a text; undefined for what is none. Engines have
 *  the year 1, or 0, for what has not happened. */
export function readTime(value: unknown): Date | undefined {
  if (typeof value !== 'number' && typeof value !== 'string') return undefined
  const date = new Date(value)
  const ms = date.getTime()
  return ms > 0 && ms <= MAX_TIME_MS ? date : undefined
}

/** The id of a container; undefined for what cannot be one. */
export function readId(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= MAX_ID ? value : undefined
}

/** A name, or its beginning if it has no reasonable length; undefined for what is none. */
export function readName(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, MAX_NAME) : undefined
}

/** Labels: those whose values are texts, and of these, in their order, at most 4096, and those that still fit into 2 Mi characters in sum. */
export function readLabels(value: unknown): Record<string, string> {
  if (!isRecord(value)) return {}
  let left = MAX_LABEL_CHARACTERS
  const kept: (readonly [string, string])[] = []
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string' || key.length + text.length > left) continue
    left -= key.length + text.length
    kept.push([key, text])
    if (kept.length === MAX_LABELS) break
  }
  return Object.fromEntries(kept)
}

/** True for a JSON object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isIntegerUpTo(value: unknown, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most
}
