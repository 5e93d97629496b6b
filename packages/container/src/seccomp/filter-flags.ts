/** Flags of seccomp(2) for SECCOMP_SET_MODE_FILTER. */

import type { LinuxSeccomp, LinuxSeccompFlag } from '@teu/spec'
import { TeuError } from '@teu/spec'
import { profileError, shown } from './profile-error.ts'

/** Values of linux/seccomp.h. */
const SECCOMP_FILTER_FLAG_TSYNC = 1
const SECCOMP_FILTER_FLAG_SPEC_ALLOW = 4
const SECCOMP_FILTER_FLAG_TSYNC_ESRCH = 16
const SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV = 32

const FLAGS: Readonly<Record<LinuxSeccompFlag, number>> = {
  SECCOMP_FILTER_FLAG_TSYNC,
  SECCOMP_FILTER_FLAG_LOG: 2,
  SECCOMP_FILTER_FLAG_SPEC_ALLOW,
  SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
}

/** The flag bits of a profile, made acceptable to the kernel.
 *
 *  Without a list, SPEC_ALLOW: on kernels before 5.16 a filter would otherwise slow down every process of the container by turning on
 *  speculation controls, which none of them asked for.
 *  @param notify  the filter will be loaded with NEW_LISTENER, which changes what may be combined
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID for an unknown flag, ERR_TEU_UNSUPPORTED for one that the kernel lacks */
export function filterFlags(
  names: LinuxSeccomp['flags'],
  notify: boolean,
  kernel: readonly [major: number, minor: number] | undefined,
  warn: (text: string) => void,
): number {
  if (names === undefined || names === null) return SECCOMP_FILTER_FLAG_SPEC_ALLOW
  let flags = 0
  for (const [i, name] of names.entries()) {
    if (!Object.hasOwn(FLAGS, name))
      throw profileError(['flags', i], `expected one of ${Object.keys(FLAGS).join(', ')}, got ${shown(name)}`)
    flags |= FLAGS[name]
  }
  if (flags & SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV) {
    if (kernel !== undefined && (kernel[0] < 5 || (kernel[0] === 5 && kernel[1] < 19))) {
      throw new TeuError('ERR_TEU_UNSUPPORTED', `SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV needs Linux 5.19, this is ${kernel.join('.')}`, {
        pointer: '/linux/seccomp/flags',
      })
    }
    if (!notify) {
      warn('linux.seccomp.flags: SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV has no effect without SCMP_ACT_NOTIFY')
      flags &= ~SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
    }
  }
  // Both flags use the return value of seccomp(2); the kernel takes them together only with TSYNC_ESRCH.
  if (notify && flags & SECCOMP_FILTER_FLAG_TSYNC) flags |= SECCOMP_FILTER_FLAG_TSYNC_ESRCH
  return flags
}
