/** The entries of a profile, checked. */

import type { LinuxSyscall } from '@teu/spec'
import { actionReturn, isStricter } from './action.ts'
import { type Condition, conditionsKey, parseConditions, repeatedArgument } from './condition.ts'
import { type ProfilePath, profileError, shown } from './profile-error.ts'

/** One alternative of a system call with conditions. */
export interface Rule {
  /** All must hold. */
  readonly conditions: readonly Condition[]
  /** Equal for equal conditions. */
  readonly key: string
  /** Return value of the filter. */
  readonly ret: number
}

/** A checked entry of `syscalls`; without conditions it always applies. */
export interface Entry extends Rule {
  readonly names: readonly string[]
  readonly path: ProfilePath
}

/** Checks the entries of a profile, apart from the names.
 *
 *  Several conditions on one argument must all hold, as others must. libseccomp cannot test an argument twice in a rule, so runc and
 *  crun turn such an entry into a rule for each condition, any of which suffices: the opposite of what the entry says (CVE-2017-18367
 *  was of this kind). Where doing better would let through what those runtimes stop, in entries stricter than the default action,
 *  such conditions are refused instead.
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID */
export function parseEntries(syscalls: readonly LinuxSyscall[], defaultRet: number, warn: (text: string) => void): Entry[] {
  return syscalls.map(({ names, action, errnoRet, args }, i) => {
    const path = ['syscalls', i]
    if (!Array.isArray(names) || names.length === 0) {
      throw profileError([...path, 'names'], `expected a list of system call names, got ${shown(names)}`)
    }
    const ret = actionReturn(action, errnoRet, path, 'action', 'errnoRet')
    if (args === undefined || args === null || args.length === 0) return { names, ret, conditions: [], key: '', path }
    const conditions = parseConditions(args, [...path, 'args'])
    checkRepeated(conditions, isStricter(ret, defaultRet), path, warn)
    return { names, ret, conditions, key: conditionsKey(conditions), path }
  })
}

function checkRepeated(conditions: readonly Condition[], refuses: boolean, path: ProfilePath, warn: (text: string) => void): void {
  const repeated = repeatedArgument(conditions)
  if (repeated < 0) return
  const index = conditions[repeated]?.index
  if (refuses) {
    throw profileError(
      [...path, 'args', repeated, 'index'],
      `a second condition on argument ${index} in an entry that refuses calls`,
      'Write one entry for each condition if any of them is enough to refuse the call',
    )
  }
  warn(`linux.seccomp: all conditions on argument ${index} must hold, other runtimes take any (at /linux/seccomp/${path.join('/')}/args)`)
}
