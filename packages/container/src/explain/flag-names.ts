/** Numbers of a plan as the names that manual pages have for them. */

import { capabilityName, RLIMITS } from '@teu/spec'
import { CLONE_FLAGS } from '../plan/namespaces.ts'
import {
  MOUNT_ATTR__ATIME,
  MOUNT_ATTR_IDMAP,
  MOUNT_ATTR_NOATIME,
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NODIRATIME,
  MOUNT_ATTR_NOEXEC,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_NOSYMFOLLOW,
  MOUNT_ATTR_RDONLY,
  MOUNT_ATTR_STRICTATIME,
  MS_PRIVATE,
  MS_SHARED,
  MS_SLAVE,
  MS_UNBINDABLE,
} from '../plan/kernel-flags.ts'

const MOUNT_ATTRIBUTES: readonly (readonly [bit: number, word: string])[] = [
  [MOUNT_ATTR_RDONLY, 'ro'],
  [MOUNT_ATTR_NOSUID, 'nosuid'],
  [MOUNT_ATTR_NODEV, 'nodev'],
  [MOUNT_ATTR_NOEXEC, 'noexec'],
  [MOUNT_ATTR_NOATIME, 'noatime'],
  [MOUNT_ATTR_STRICTATIME, 'strictatime'],
  [MOUNT_ATTR_NODIRATIME, 'nodiratime'],
  [MOUNT_ATTR_NOSYMFOLLOW, 'nosymfollow'],
  [MOUNT_ATTR_IDMAP, 'idmap'],
]

const CLEARED: readonly (readonly [bit: number, word: string])[] = [
  [MOUNT_ATTR_RDONLY, 'rw'],
  [MOUNT_ATTR_NOSUID, 'suid'],
  [MOUNT_ATTR_NODEV, 'dev'],
  [MOUNT_ATTR_NOEXEC, 'exec'],
  [MOUNT_ATTR_NODIRATIME, 'diratime'],
  [MOUNT_ATTR_NOSYMFOLLOW, 'symfollow'],
]

const PROPAGATIONS: readonly (readonly [bit: number, word: string])[] = [
  [MS_PRIVATE, 'private'],
  [MS_SLAVE, 'slave'],
  [MS_SHARED, 'shared'],
  [MS_UNBINDABLE, 'unbindable'],
]

/** A mount_setattr(2) change in the words of mount options: `ro nosuid`. */
export function mountAttributes(set: bigint | number, clear: bigint | number = 0): string {
  const [on, off] = [Number(set), Number(clear)]
  const words = [...named(MOUNT_ATTRIBUTES, on), ...named(CLEARED, off & ~on)]
  if ((off & MOUNT_ATTR__ATIME) !== 0 && (on & MOUNT_ATTR__ATIME) === 0) words.push('relatime')
  return words.join(' ')
}

/** `private`, `slave` …; with `recursive` with an `r` in front. */
export function propagationWord(propagation: number, recursive: boolean): string {
  return `${recursive ? 'r' : ''}${named(PROPAGATIONS, propagation).join('+') || propagation}`
}

/** Namespace types of CLONE_NEW* flags: `mount, pid`. */
export function namespaceTypes(flags: number): string {
  return Object.entries(CLONE_FLAGS)
    .filter(([, flag]) => (flags & flag) !== 0)
    .map(([type]) => type)
    .join(', ')
}

/** Names of a capability mask without their prefix, `none`, or `all`. */
export function capabilities(mask: bigint | number): string {
  const bits = BigInt(mask)
  if (bits === 0n) return 'none'
  const names: string[] = []
  for (let number = 0; number < 64; number++) {
    if ((bits & (1n << BigInt(number))) !== 0n) names.push(capabilityName(number)?.replace('CAP_', '') ?? String(number))
  }
  return names.join(' ')
}

/** `RLIMIT_NOFILE` for 7. */
export function rlimitName(resource: number): string {
  return RLIMITS[resource] ?? `resource ${resource}`
}

/** A limit, with the largest value as what it means. */
export function limitText(value: bigint | number): string {
  return BigInt(value) === 0xffff_ffff_ffff_ffffn ? 'unlimited' : String(value)
}

function named(table: readonly (readonly [bit: number, word: string])[], bits: number): string[] {
  return table.filter(([bit]) => (bits & bit) !== 0).map(([, word]) => word)
}
