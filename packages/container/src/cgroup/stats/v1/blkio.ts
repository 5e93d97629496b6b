/** Block I/O from cgroup v1. */

import { present, readText, toCount } from '../file.ts'
import type { BlkioEntry, BlkioStats } from '../types.ts'

/** Which files have a figure depends on the I/O scheduler and on how the kernel was built: the first with content wins. */
const FAMILIES = ['blkio.bfq.', 'blkio.']

/** @see cgroup-v1/blkio-controller.rst */
export function readBlkioV1(directory: string): BlkioStats | undefined {
  const read = (name: string, throttled = false): BlkioEntry[] | undefined => {
    const files = FAMILIES.map((family) => `${family}${name}_recursive`)
    if (throttled) files.push(`blkio.throttle.${name}_recursive`, `blkio.throttle.${name}`)
    let found: BlkioEntry[] | undefined
    for (const file of files) {
      const entries = parseEntries(readText(directory, file))
      if (entries && entries.length > 0) return entries
      found ??= entries
    }
    return found
  }
  return present<BlkioStats>({
    serviceBytes: read('io_service_bytes', true),
    serviced: read('io_serviced', true),
    queued: read('io_queued'),
    serviceTime: read('io_service_time'),
    waitTime: read('io_wait_time'),
    merged: read('io_merged'),
    time: read('time'),
    sectors: read('sectors'),
  })
}

/** Lines of `major:minor [op] value`; the sum at the end has no device and is left out. */
function parseEntries(text: string | undefined): BlkioEntry[] | undefined {
  return text?.split('\n').flatMap((line) => {
    const [, major, minor, op = '', digits] = /^(\d+):(\d+) (?:(\w+) )?(\d+)$/.exec(line) ?? []
    const value = toCount(digits)
    return value === undefined ? [] : [{ major: Number(major), minor: Number(minor), op, value }]
  })
}
