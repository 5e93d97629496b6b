import type { LinuxIDMapping } from '../types/mount.ts'
import { type Fields, UINT32_MAX } from './fields.ts'

/** The kernel takes no more lines in one map (UID_GID_MAP_MAX_EXTENTS). */
const MAX_LINES = 340

/**
 * Checks a uid or gid map: ranges must not be empty, overlap, or reach the id 4294967295, which means "no id".
 * @returns the lines when all of them are right
 * @see user_namespaces(7)
 */
export function checkIdMap(fields: Fields, key: string): readonly LinuxIDMapping[] | undefined {
  if (!fields.has(key)) return undefined
  const entries = fields.objects(key)
  if (entries.length > MAX_LINES) fields.problem(key, `expected at most ${MAX_LINES} entries, got ${entries.length}`)
  const lines: LinuxIDMapping[] = []
  for (const entry of entries) {
    const line = readLine(entry)
    if (line === undefined) continue
    const before = lines.length <= MAX_LINES ? lines.find((other) => overlap(line, other)) : undefined
    if (before !== undefined) fields.report.problem(entry.place, `overlaps the range ${describe(before)}`)
    lines.push(line)
  }
  return lines.length === fields.list(key)?.length ? lines : undefined
}

/** True when a map covers `id` of the container. */
export function isMapped(map: readonly LinuxIDMapping[], id: number): boolean {
  return map.some(({ containerID, size }) => id >= containerID && id < containerID + size)
}

function readLine(entry: Fields): LinuxIDMapping | undefined {
  entry.require('containerID', 'hostID', 'size')
  const containerID = entry.integer('containerID', 0, UINT32_MAX - 1)
  const hostID = entry.integer('hostID', 0, UINT32_MAX - 1)
  const size = entry.integer('size', 1, UINT32_MAX)
  if (containerID === undefined || hostID === undefined || size === undefined) return undefined
  const line = { containerID: Number(containerID), hostID: Number(hostID), size: Number(size) }
  for (const key of ['containerID', 'hostID'] as const) {
    if (line[key] + line.size <= UINT32_MAX) continue
    entry.problem('size', `expected at most ${UINT32_MAX - line[key]} ids from ${key} ${line[key]} on, got ${size}`)
    return undefined
  }
  return line
}

function overlap(a: LinuxIDMapping, b: LinuxIDMapping): boolean {
  return meet(a.containerID, b.containerID, a.size, b.size) || meet(a.hostID, b.hostID, a.size, b.size)
}

function meet(a: number, b: number, aSize: number, bSize: number): boolean {
  return a < b + bSize && b < a + aSize
}

function describe({ containerID, hostID, size }: LinuxIDMapping): string {
  return `containerID ${containerID}, hostID ${hostID}, size ${size}`
}
