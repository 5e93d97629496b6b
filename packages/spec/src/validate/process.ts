import type { Place } from '../place.ts'
import type { Process } from '../types/process.ts'
import { checkCapabilities } from './capabilities.ts'
import { type Fields, ID_MAX } from './fields.ts'
import { idListRule } from './id-list.ts'
import { checkRlimits } from './rlimits.ts'
import { absolutePath, emptyOr, environmentEntry } from './rules.ts'
import { checkIoPriority, checkScheduler } from './scheduler.ts'

/** NGROUPS_MAX: setgroups(2) takes no more. */
const MAX_GROUPS = 65536

/** The ids of a process, for comparison with the id maps. */
export interface ProcessIds {
  /** Where `process.user` stands. */
  readonly place: Place
  readonly uid: number
  readonly gid: number
  readonly additionalGids: readonly number[]
}

/** Checks `process`, or a process file of `exec`. @see runtime-spec config.md "Process" */
export function checkProcess(process: Fields): ProcessIds | undefined {
  process.require('cwd', 'args')
  process.string('cwd', absolutePath)
  checkArgs(process)
  process.strings('env', environmentEntry)
  // The specification wants consoleSize ignored without a terminal.
  if (process.boolean('terminal') === true) checkConsoleSize(process.object('consoleSize'))
  process.boolean('noNewPrivileges')
  process.string('apparmorProfile')
  process.string('selinuxLabel')
  process.integer('oomScoreAdj', -1000, 1000)
  checkCapabilities(process.object('capabilities'))
  checkRlimits(process)
  checkScheduler(process.object('scheduler'))
  checkIoPriority(process.object('ioPriority'))
  checkCpuAffinity(process.object('execCPUAffinity'))
  return checkUser(process)
}

/** The process with the user that an absent `user` stands for. */
export function withUser(process: Process): Process {
  return Object.hasOwn(process, 'user') && process.user !== undefined ? process : { ...process, user: { uid: 0, gid: 0 } }
}

function checkArgs(process: Fields): void {
  const args = process.strings('args')
  if (args === undefined) return
  if (args.length === 0) process.problem('args', 'expected at least one string, got an empty array')
  else if (args[0] === '') process.report.problem({ up: process.at('args'), key: 0 }, 'expected a program, got ""')
}

function checkUser(process: Fields): ProcessIds | undefined {
  const place = process.at('user')
  if (!process.has('user')) {
    process.report.warning(place, 'missing, so the process runs as uid 0 and gid 0')
    return { place, uid: 0, gid: 0, additionalGids: [] }
  }
  const user = process.object('user')
  if (user === undefined) return undefined
  user.require('uid', 'gid')
  const uid = user.integer('uid', 0, ID_MAX)
  const gid = user.integer('gid', 0, ID_MAX)
  user.integer('umask', 0, 0o777)
  const groups = user.integers('additionalGids', 0, ID_MAX) ?? []
  if (groups.length > MAX_GROUPS) user.problem('additionalGids', `expected at most ${MAX_GROUPS} groups, got ${groups.length}`)
  if (uid === undefined || gid === undefined) return undefined
  return { place, uid: Number(uid), gid: Number(gid), additionalGids: groups.map(Number) }
}

function checkConsoleSize(size: Fields | undefined): void {
  // struct winsize holds 16 bits each.
  size?.require('height', 'width')
  size?.integer('height', 0, 65535)
  size?.integer('width', 0, 65535)
}

function checkCpuAffinity(affinity: Fields | undefined): void {
  affinity?.string('initial', emptyOr(idListRule))
  affinity?.string('final', emptyOr(idListRule))
}
