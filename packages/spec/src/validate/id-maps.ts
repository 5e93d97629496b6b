import { UINT32_MAX } from '../integer.ts'
import type { Place } from '../place.ts'
import type { LinuxIDMapping } from '../types/mount.ts'
import type { Report } from './report.ts'
import { ID, type ListShape, type ObjectShape } from './shape.ts'

/** The kernel takes no more lines in one map (UID_GID_MAP_MAX_EXTENTS). */
const MAX_LINES = 340

const LINE: ObjectShape<LinuxIDMapping> = {
  is: 'object',
  required: ['containerID', 'hostID', 'size'],
  fields: { containerID: ID, hostID: ID, size: { is: 'integer', min: 1, max: UINT32_MAX } },
  check(line, place, report) {
    for (const key of ['containerID', 'hostID'] as const) {
      const most = UINT32_MAX - line[key]
      if (line.size > most) {
        report.problem({ up: place, key: 'size' }, `expected at most ${most} ids from ${key} ${line[key]} on, got ${line.size}`)
      }
    }
  },
}

/**
 * A uid or gid map: ranges are not empty, do not overlap, and do not reach the id 4294967295, which means "no id".
 * @see user_namespaces(7)
 */
export const ID_MAP_SHAPE: ListShape<LinuxIDMapping> = { is: 'list', of: LINE, check: refuseOverlaps }

/** True when a map covers `id` of the container. */
export function isMapped(map: readonly LinuxIDMapping[], id: number): boolean {
  return map.some(({ containerID, size }) => id >= containerID && id < containerID + size)
}

function refuseOverlaps(map: readonly LinuxIDMapping[], place: Place, report: Report): void {
  if (map.length > MAX_LINES) return void report.problem(place, `expected at most ${MAX_LINES} entries, got ${map.length}`)
  for (const [key, line] of map.entries()) {
    const other = map.slice(0, key).find((before) => overlap(line, before))
    if (other === undefined) continue
    const range = `containerID ${other.containerID}, hostID ${other.hostID}, size ${other.size}`
    report.problem({ up: place, key }, `overlaps the range ${range}`)
  }
}

function overlap(a: LinuxIDMapping, b: LinuxIDMapping): boolean {
  const meet = (aFirst: number, bFirst: number) => aFirst < bFirst + b.size && bFirst < aFirst + a.size
  return meet(a.containerID, b.containerID) || meet(a.hostID, b.hostID)
}
