/** teu's own seccomp profile for runtimes that compile it with libseccomp. */

import { defaultSeccompProfile } from '@teu/container'
import type { LinuxSeccomp } from '@teu/spec'

/** The profile of teu without the rules that only choose another error for what is refused anyway: libseccomp takes no rule that compares an
 *  argument in one way when others with another action compare it in another way, and runc then fails with "file exists". What is allowed
 *  is the same. */
export function profileForRuntimes(capabilities: readonly string[]): LinuxSeccomp {
  const profile = defaultSeccompProfile({ capabilities })
  const isChoice = ({ action, args }: NonNullable<LinuxSeccomp['syscalls']>[number]): boolean =>
    action === 'SCMP_ACT_ERRNO' && args !== undefined && args.length > 0
  return { ...profile, syscalls: (profile.syscalls ?? []).filter((entry) => !isChoice(entry)) }
}
