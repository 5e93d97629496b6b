/** Numbers for people. What is not known is a dash. */

const NOT_KNOWN = '–'
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** `12.4 %`: one decimal below 100. */
export function percentText(percent: number | null): string {
  if (percent === null) return NOT_KNOWN
  return `${percent < 99.95 ? percent.toFixed(1) : Math.round(percent)} %`
}

/** `64.0 MiB`: three digits at least, so that a column of them keeps its width. */
export function byteText(bytes: number | null): string {
  if (bytes === null) return NOT_KNOWN
  let [value, unit] = [bytes, 0]
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1024
    unit++
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
  return `${value.toFixed(digits)} ${UNITS[unit]}`
}

/** `50 %`, for the lines of a graph. */
export function roundPercentText(percent: number): string {
  return `${Number(percent.toFixed(1))} %`
}

/** `512 MiB`, for the lines of a graph, which are at round values. */
export function roundByteText(bytes: number): string {
  const unit = bytes === 0 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10))
  return `${Number((bytes / 1024 ** unit).toFixed(1))} ${UNITS[unit]}`
}

/** As it is. */
export function countText(count: number | null): string {
  return count === null ? NOT_KNOWN : String(count)
}

const [SECOND, MINUTE, HOUR, DAY] = [1, 60, 3_600, 86_400]

/** `4 s`, `12 min`, `3 h 05 min`, `12 d 4 h`. */
export function ageText(ms: number | null): string {
  if (ms === null) return NOT_KNOWN
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < MINUTE) return `${seconds / SECOND} s`
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min`
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)} h ${String(Math.floor((seconds % HOUR) / MINUTE)).padStart(2, '0')} min`
  return `${Math.floor(seconds / DAY)} d ${Math.floor((seconds % DAY) / HOUR)} h`
}

/** Those that people write with a capital. */
const ENGINE_NAMES: Readonly<Record<string, string>> = { docker: 'Docker', podman: 'Podman', k8s: 'CRI' }

/** `docker.com` is Docker, to people. */
export function engineName(type: string): string {
  const short = type.replace(/\.[a-z]+(?:\/.*)?$/s, '')
  return Object.hasOwn(ENGINE_NAMES, short) ? (ENGINE_NAMES[short] ?? short) : short
}

/** The path of a Unix socket, without its scheme. */
export function addressText(api: string): string {
  return api.replace(/^unix:\/\//, '')
}
