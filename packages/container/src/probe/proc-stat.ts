/** Identity of processes: a pid means something only together with its start time and the boot it belongs to. */

import { readFileSync } from 'node:fs'
import { TeuError } from '@teu/spec'

/** The fields of /proc/PID/stat that tell whether a process is the one we mean. */
export interface ProcStat {
  /** One letter: `R`, `S`, `D`, `Z` (zombie), `X` (dead) … */
  readonly state: string
  readonly parentPid: number
  /** It ends, and may have closed its descriptors already, but is no zombie yet. */
  readonly isExiting: boolean
  /** Field 22, in decimal: clock ticks since boot. Text, because nothing is ever computed with it. */
  readonly startTime: string
}

/** Of the kernel's flags of a task (field 9), include/linux/sched.h. */
const PF_EXITING = 4

/** Parses /proc/PID/stat. The name of the program, in parentheses, may itself hold spaces, newlines and parentheses: fields are counted
 *  from the last `)`.
 *  @throws {TeuError} ERR_TEU_SYSTEM for text of another format
 *  @see proc_pid_stat(5) */
export function parseProcStat(text: string): ProcStat {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [state = '', parentPid = ''] = fields
  const startTime = fields[19]
  if (!text.includes(')') || state.length !== 1 || startTime === undefined || !/^\d+$/.test(startTime)) {
    throw new TeuError('ERR_TEU_SYSTEM', `Cannot read a process's stat file: unexpected content ${JSON.stringify(text.slice(0, 80))}`)
  }
  return { state, parentPid: Number(parentPid), isExiting: (Number(fields[6]) & PF_EXITING) !== 0, startTime }
}

/** Start time of a process, undefined when there is none (any more).
 *  @param root  directory that stands in for `/` */
export function readStartTime(pid: number, root = ''): string | undefined {
  return readProcStat(pid, root)?.startTime
}

/** The process that waits for the end of another one.
 *  @returns  undefined when either is gone */
export function readParent(pid: number, root = ''): { readonly pid: number; readonly startTime: string } | undefined {
  const parentPid = readProcStat(pid, root)?.parentPid
  const startTime = parentPid === undefined ? undefined : readStartTime(parentPid, root)
  return parentPid === undefined || startTime === undefined ? undefined : { pid: parentPid, startTime }
}

/** Whether exactly this process lives. A zombie does not. For a process that was known in another boot compare {@link bootId} first. */
export function isAlive(process: { readonly pid: number; readonly startTime: string }, root = ''): boolean {
  const stat = readProcStat(process.pid, root)
  return stat !== undefined && stat.startTime === process.startTime && stat.state !== 'Z' && stat.state !== 'X'
}

/** Whether exactly this process lives and is not about to end. */
export function isStaying(process: { readonly pid: number; readonly startTime: string }, root = ''): boolean {
  return isAlive(process, root) && readProcStat(process.pid, root)?.isExiting === false
}

let ownStartTime: string | undefined

/** Start time of this process, which does not change. */
export function readOwnStartTime(): string {
  ownStartTime ??= readStartTime(process.pid) ?? ''
  return ownStartTime
}

let knownBootId: string | undefined

/** Random id of this boot of the kernel (/proc/sys/kernel/random/boot_id). */
export function bootId(): string {
  knownBootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
  return knownBootId
}

function readProcStat(pid: number, root: string): ProcStat | undefined {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined
  try {
    return parseProcStat(readFileSync(`${root}/proc/${pid}/stat`, 'latin1'))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // ESRCH: it ended between open(2) and read(2).
    if (code === 'ENOENT' || code === 'ESRCH') return undefined
    throw error
  }
}
