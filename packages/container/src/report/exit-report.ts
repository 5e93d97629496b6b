/** From wait statuses and cgroup counters to an {@link ExitReport}. */

import { readFileSync } from 'node:fs'
import type { Frame } from '@teu/init'
import { signalName, signalNumber } from '@teu/spec'
import { memoryHierarchy } from '../cgroup/guard.ts'
import type { CgroupLocation } from '../cgroup/locate.ts'
import type { StatePaths } from '../record/paths.ts'
import type { ExitReport, OomReport, ResourceUsage } from '../types.ts'

/** Flags of an `exited` frame. */
const TIMED_OUT = 1

/** Name of a collected file → its content. */
export type Collected = ReadonlyMap<string, string>

/** Builds the report from what the monitor saw.
 *  @param collected  the cgroup files of the plan's `collect` steps
 *  @param memoryCgroup  path of the memory cgroup, for the report */
export function exitReport(frame: Extract<Frame, { kind: 'exited' }>, collected: Collected, memoryCgroup: string | undefined): ExitReport {
  const { usage: raw } = frame
  const usage: ResourceUsage = {
    userTimeUs: Number(raw.userTimeUs),
    systemTimeUs: Number(raw.systemTimeUs),
    maxRssBytes: Number(raw.maxRssKib) * 1024,
    minorFaults: Number(raw.minorFaults),
    majorFaults: Number(raw.majorFaults),
    blocksIn: Number(raw.blocksIn),
    blocksOut: Number(raw.blocksOut),
  }
  const exitedAt = new Date(Number(frame.endNs / 1_000_000n))
  return report(frame.waitStatus, exitedAt, (frame.flags & TIMED_OUT) !== 0, oomReport(collected, memoryCgroup), usage)
}

/** Builds the report from the files that the monitor left in the state directory; undefined when it left none. */
export function exitFromRecord(paths: StatePaths, cgroup: CgroupLocation): ExitReport | undefined {
  const text = readIfThere(paths.exit)
  if (text === undefined) return undefined
  const [status = '', time = '', flags = '0'] = text.trim().split(' ')
  const collected = new Map<string, string>()
  for (const [name, path] of [
    ['memory.events', paths.memoryEvents],
    ['memory.peak', paths.memoryPeak],
  ] as const) {
    const content = readIfThere(path)
    if (content !== undefined) collected.set(name, content)
  }
  // A container that has stopped keeps its cgroup, and the limit in it, until it is destroyed.
  const memory = memoryHierarchy(cgroup)
  const limit = memory && readIfThere(`${memory.path}/${memory.version === 2 ? 'memory.max' : 'memory.limit_in_bytes'}`)
  if (limit !== undefined) collected.set('memory.max', limit)
  const exitedAt = new Date(Number(time) * 1000)
  return report(Number(status), exitedAt, (Number(flags) & TIMED_OUT) !== 0, oomReport(collected, memory?.path), undefined)
}

function report(
  waitStatus: number,
  exitedAt: Date,
  timedOut: boolean,
  oom: OomReport | undefined,
  usage: ResourceUsage | undefined,
): ExitReport {
  const end = splitWaitStatus(waitStatus)
  return {
    ...end,
    exitedAt,
    // A grown counter alone may be a child's death, and 137 alone may be anybody's kill: both together are the kernel's.
    oomKilled: oom !== undefined && end.signal === 'SIGKILL' && !timedOut,
    ...(oom && { oom }),
    seccompKilled: end.signal === 'SIGSYS',
    timedOut,
    ...(usage && { usage }),
  }
}

/** Splits a wait status (wait(2)) into exit code or signal, and what a shell would show. */
export function splitWaitStatus(waitStatus: number): { exitCode?: number; signal?: string; status: number } {
  const number = waitStatus & 0x7f
  if (number === 0) {
    const exitCode = (waitStatus >> 8) & 0xff
    return { exitCode, status: exitCode }
  }
  const signal = signalName(number)
  return { signal, status: 128 + signalNumber(signal) }
}

/** Reads the OOM counters that were collected: `memory.events` of v2 or `memory.oom_control` of v1. */
function oomReport(collected: Collected, cgroup: string | undefined): OomReport | undefined {
  const events = collected.get('memory.events') ?? collected.get('memory.oom_control')
  if (cgroup === undefined || events === undefined) return undefined
  const kills = Number(/^oom_kill (\d+)$/m.exec(events)?.[1] ?? 0)
  if (kills === 0) return undefined
  const limit = byteCount(collected.get('memory.max') ?? collected.get('memory.limit_in_bytes'))
  const peak = byteCount(collected.get('memory.peak') ?? collected.get('memory.max_usage_in_bytes'))
  return { cgroup, kills, ...(limit !== undefined && { limitBytes: limit }), ...(peak !== undefined && { peakBytes: peak }) }
}

function byteCount(text: string | undefined): bigint | undefined {
  const digits = text?.trim()
  return digits !== undefined && /^\d+$/.test(digits) ? BigInt(digits) : undefined
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
