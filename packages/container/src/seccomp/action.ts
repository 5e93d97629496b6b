/** Actions of a profile as return values of a filter. */

import type { LinuxSeccompAction } from '@teu/spec'
import { type ProfilePath, profileError, shown } from './profile-error.ts'

/** High half of a filter's return value (linux/seccomp.h). */
export const SECCOMP_RET_KILL_PROCESS = 0x80000000
export const SECCOMP_RET_KILL_THREAD = 0x00000000
export const SECCOMP_RET_TRAP = 0x00030000
export const SECCOMP_RET_ERRNO = 0x00050000
export const SECCOMP_RET_USER_NOTIF = 0x7fc00000
export const SECCOMP_RET_TRACE = 0x7ff00000
export const SECCOMP_RET_LOG = 0x7ffc0000
export const SECCOMP_RET_ALLOW = 0x7fff0000

const EPERM = 1
export const ENOSYS = 38
/** The kernel cuts higher values down to this one (MAX_ERRNO). */
const MAX_ERRNO = 4095

const ACTIONS: Readonly<Record<LinuxSeccompAction, number>> = {
  SCMP_ACT_KILL: SECCOMP_RET_KILL_THREAD,
  SCMP_ACT_KILL_THREAD: SECCOMP_RET_KILL_THREAD,
  SCMP_ACT_KILL_PROCESS: SECCOMP_RET_KILL_PROCESS,
  SCMP_ACT_TRAP: SECCOMP_RET_TRAP,
  SCMP_ACT_ERRNO: SECCOMP_RET_ERRNO,
  SCMP_ACT_TRACE: SECCOMP_RET_TRACE,
  SCMP_ACT_NOTIFY: SECCOMP_RET_USER_NOTIF,
  SCMP_ACT_LOG: SECCOMP_RET_LOG,
  SCMP_ACT_ALLOW: SECCOMP_RET_ALLOW,
}

/** The return value for an action: its code, with the errno (SCMP_ACT_ERRNO) or the tracer's message (SCMP_ACT_TRACE) in the low
 *  half, EPERM when none is given.
 *  @param path  of the object that has the action under `actionKey` and the errno under `errnoKey`, for messages
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID for an unknown action, and, as the runtime specification demands, for an errno that
 *    is out of range or that the action cannot carry */
export function actionReturn(action: string, errnoRet: unknown, path: ProfilePath, actionKey: string, errnoKey: string): number {
  if (!Object.hasOwn(ACTIONS, action)) {
    throw profileError([...path, actionKey], `expected one of ${Object.keys(ACTIONS).join(', ')}, got ${shown(action)}`)
  }
  const code = ACTIONS[action as LinuxSeccompAction]
  const limit = code === SECCOMP_RET_ERRNO ? MAX_ERRNO : code === SECCOMP_RET_TRACE ? 0xffff : undefined
  if (errnoRet === undefined || errnoRet === null) return limit === undefined ? code : code | EPERM
  if (limit === undefined) throw profileError([...path, errnoKey], `${action} carries no error number, got ${shown(errnoRet)}`)
  if (typeof errnoRet !== 'number' || !Number.isInteger(errnoRet) || errnoRet < 0 || errnoRet > limit) {
    throw profileError([...path, errnoKey], `expected an integer from 0 to ${limit}, got ${shown(errnoRet)}`)
  }
  return code | errnoRet
}

/** The action code of a return value, without its data. */
export function actionOf(ret: number): number {
  return (ret & 0xffff0000) >>> 0
}

/** True when `a` refuses more than `b`, by the order in which the kernel prefers actions of several filters (seccomp(2)). */
export function isStricter(a: number, b: number): boolean {
  return (a & 0xffff0000) < (b & 0xffff0000)
}
