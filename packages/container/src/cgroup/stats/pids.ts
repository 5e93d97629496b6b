/** Number of tasks. */

import { limitedUsage, readCount, readLimit, readText } from './file.ts'
import type { PidsStats } from './types.ts'

/** @param directory  that of the controller, or of any hierarchy when there is none: its members are then counted */
export function readPidsStats(directory: string): PidsStats | undefined {
  const current =
    readCount(directory, 'pids.current') ?? countLines(readText(directory, 'cgroup.procs') ?? readText(directory, 'cgroup.threads'))
  const usage = limitedUsage(current, { limit: readLimit(directory, 'pids.max') })
  return usage && { current: usage.usage, ...(usage.limit !== undefined && { limit: usage.limit }) }
}

function countLines(text: string | undefined): bigint | undefined {
  return text === undefined ? undefined : BigInt(text.split('\n').filter((line) => line !== '').length)
}
