/** Names and numbers of capabilities. @see capabilities(7), linux/capability.h */

import type { LinuxCapabilities } from './types/process.ts'

/** All capabilities that teu knows; the index is the kernel's number. */
export const CAPABILITIES: readonly string[] = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_DAC_READ_SEARCH',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SETPCAP',
  'CAP_LINUX_IMMUTABLE',
  'CAP_NET_BIND_SERVICE',
  'CAP_NET_BROADCAST',
  'CAP_NET_ADMIN',
  'CAP_NET_RAW',
  'CAP_IPC_LOCK',
  'CAP_IPC_OWNER',
  'CAP_SYS_MODULE',
  'CAP_SYS_RAWIO',
  'CAP_SYS_CHROOT',
  'CAP_SYS_PTRACE',
  'CAP_SYS_PACCT',
  'CAP_SYS_ADMIN',
  'CAP_SYS_BOOT',
  'CAP_SYS_NICE',
  'CAP_SYS_RESOURCE',
  'CAP_SYS_TIME',
  'CAP_SYS_TTY_CONFIG',
  'CAP_MKNOD',
  'CAP_LEASE',
  'CAP_AUDIT_WRITE',
  'CAP_AUDIT_CONTROL',
  'CAP_SETFCAP',
  'CAP_MAC_OVERRIDE',
  'CAP_MAC_ADMIN',
  'CAP_SYSLOG',
  'CAP_WAKE_ALARM',
  'CAP_BLOCK_SUSPEND',
  'CAP_AUDIT_READ',
  'CAP_PERFMON',
  'CAP_BPF',
  'CAP_CHECKPOINT_RESTORE',
]

/** The capability sets as bit masks; bit n is the capability with number n. */
export interface CapabilityMasks {
  readonly bounding: bigint
  readonly effective: bigint
  readonly permitted: bigint
  readonly inheritable: bigint
  readonly ambient: bigint
}

/** Number of a capability name (`CAP_CHOWN`); undefined for one that teu does not know. */
export function capabilityNumber(name: string): number | undefined {
  const number = CAPABILITIES.indexOf(name)
  return number === -1 ? undefined : number
}

/** Name of a capability number; undefined for one that teu does not know. */
export function capabilityName(number: number): string | undefined {
  return CAPABILITIES[number]
}

/** Bit mask of names. Unknown names add nothing. */
export function capabilityMask(names: readonly string[]): bigint {
  let mask = 0n
  for (const name of names) {
    const number = capabilityNumber(name)
    if (number !== undefined) mask |= 1n << BigInt(number)
  }
  return mask
}

/**
 * The five sets as the kernel can grant them: effective only within permitted, ambient only within permitted and inheritable.
 * `validateProcess` warns about what is left out. Pure.
 * @param known  capabilities that the kernel has (`/proc/sys/kernel/cap_last_cap` as a mask); others are left out
 * @see capset(2), prctl(2) PR_CAP_AMBIENT
 */
export function capabilityMasks(capabilities: LinuxCapabilities, known: bigint = capabilityMask(CAPABILITIES)): CapabilityMasks {
  const mask = (names: readonly string[] | undefined) => capabilityMask(names ?? []) & known
  const permitted = mask(capabilities.permitted)
  const inheritable = mask(capabilities.inheritable)
  return {
    bounding: mask(capabilities.bounding),
    effective: mask(capabilities.effective) & permitted,
    permitted,
    inheritable,
    ambient: mask(capabilities.ambient) & permitted & inheritable,
  }
}
