/** How a `teu run` ended: its exit status, and what people want to know beside it. */

import { isTeuError } from '@teu/spec'
import type { ExitReport } from '../cli/library.ts'

/** Status of a failure of teu itself, as docker and podman have it. */
export const FAILED = 125
const NOT_EXECUTABLE = 126
const NOT_FOUND = 127

/** The program is there and cannot be executed. */
const NOT_EXECUTABLE_ERRNOS = new Set(['EACCES', 'EPERM', 'EISDIR', 'ENOEXEC', 'ETXTBSY', 'ELIBBAD'])

/** Exit status for something that kept the program from running. */
export function failureStatus(error: unknown): number {
  if (!isTeuError(error, 'ERR_TEU_PROCESS_START')) return FAILED
  return NOT_EXECUTABLE_ERRNOS.has(error.errno ?? '') ? NOT_EXECUTABLE : NOT_FOUND
}

/** Sentences about an end that the exit status alone does not explain. */
export function endingNotes(report: ExitReport, timeout: string | undefined): string[] {
  const notes: string[] = []
  if (report.timedOut) notes.push(`stopped because its time of ${timeout ?? 'the time limit'} was over`)
  const { oom } = report
  if (oom !== undefined) {
    const limit = oom.limitBytes === undefined ? '' : `, limit ${byteText(oom.limitBytes)}`
    const peak = oom.peakBytes === undefined ? '' : `, peak ${byteText(oom.peakBytes)}`
    const who = report.oomKilled ? 'killed by the kernel' : `${oom.kills} of its processes killed by the kernel`
    notes.push(`${who} for lack of memory (cgroup ${oom.cgroup}${limit}${peak})`)
  }
  if (report.seccompKilled) notes.push('killed for a system call that its seccomp profile forbids')
  return notes
}

/** `64 MiB`: at most one decimal, the largest unit that leaves a number of at least 1. */
export function byteText(bytes: bigint): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB']
  let value = Number(bytes)
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${Number(value.toFixed(1))} ${units[unit]}`
}
