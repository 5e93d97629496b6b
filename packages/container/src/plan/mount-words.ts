/** The words that may stand in a mount's `options`. Everything else is for the file system. */

import {
  MOUNT_ATTR_NOATIME,
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NODIRATIME,
  MOUNT_ATTR_NOEXEC,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_NOSYMFOLLOW,
  MOUNT_ATTR_RDONLY,
  MOUNT_ATTR_RELATIME,
  MOUNT_ATTR_STRICTATIME,
  MS_PRIVATE,
  MS_SHARED,
  MS_SLAVE,
  MS_UNBINDABLE,
} from './kernel-flags.ts'

/** What a word asks for. */
export type MountWord =
  | { readonly kind: 'attribute'; readonly attribute: number; readonly on: boolean }
  | { readonly kind: 'atime'; readonly value: number }
  | { readonly kind: 'propagation'; readonly type: number }
  | { readonly kind: 'superblock'; readonly neutral: boolean }
  | { readonly kind: 'ignored' }
  | { readonly kind: 'bind' }
  | { readonly kind: 'copy-up' }
  | { readonly kind: 'id-map' }
  | { readonly kind: 'refused'; readonly why: string }

/** A word, and whether it is for the mount alone or for the whole tree. */
export interface MountMeaning {
  readonly word: MountWord
  readonly recursive: boolean
}

/** Every option word that has a meaning of its own (for `features`), sorted. Other words go to the file system. */
// biome-ignore format: one word per line tells nothing
export const MOUNT_OPTION_WORDS: readonly string[] = [
  'async', 'atime', 'bind', 'defaults', 'dev', 'diratime', 'dirsync', 'exec', 'idmap', 'iversion', 'lazytime', 'loud', 'mand', 'noatime',
  'nodev', 'nodiratime', 'noexec', 'noiversion', 'nolazytime', 'nomand', 'norelatime', 'nostrictatime', 'nosuid', 'nosymfollow', 'private',
  'ratime', 'rbind', 'rdev', 'rdiratime', 'relatime', 'rexec', 'ridmap', 'rnoatime', 'rnodev', 'rnodiratime', 'rnoexec', 'rnorelatime',
  'rnostrictatime', 'rnosuid', 'rnosymfollow', 'ro', 'rprivate', 'rrelatime', 'rro', 'rrw', 'rshared', 'rslave', 'rstrictatime', 'rsuid',
  'rsymfollow', 'runbindable', 'rw', 'shared', 'silent', 'slave', 'strictatime', 'suid', 'symfollow', 'sync', 'tmpcopyup', 'unbindable',
]

/** Looks a word up; undefined when it is for the file system. Code and not a table: of a hundred words a container uses five. */
export function meaningOf(name: string): MountMeaning | undefined {
  const word = treeWord(name) ?? plainWord(name)
  if (word !== undefined) return { word, recursive: false }
  // Words that exist with `r` in front for the whole tree.
  const inTree = name.startsWith('r') ? treeWord(name.slice(1)) : undefined
  return inTree && { word: inTree, recursive: true }
}

function treeWord(name: string): MountWord | undefined {
  switch (name) {
    case 'bind':
      return { kind: 'bind' }
    case 'idmap':
      return { kind: 'id-map' }
    case 'ro':
      return attribute(MOUNT_ATTR_RDONLY, true)
    case 'rw':
      return attribute(MOUNT_ATTR_RDONLY, false)
    case 'nosuid':
      return attribute(MOUNT_ATTR_NOSUID, true)
    case 'suid':
      return attribute(MOUNT_ATTR_NOSUID, false)
    case 'nodev':
      return attribute(MOUNT_ATTR_NODEV, true)
    case 'dev':
      return attribute(MOUNT_ATTR_NODEV, false)
    case 'noexec':
      return attribute(MOUNT_ATTR_NOEXEC, true)
    case 'exec':
      return attribute(MOUNT_ATTR_NOEXEC, false)
    case 'nodiratime':
      return attribute(MOUNT_ATTR_NODIRATIME, true)
    case 'diratime':
      return attribute(MOUNT_ATTR_NODIRATIME, false)
    case 'nosymfollow':
      return attribute(MOUNT_ATTR_NOSYMFOLLOW, true)
    case 'symfollow':
      return attribute(MOUNT_ATTR_NOSYMFOLLOW, false)
    case 'noatime':
      return { kind: 'atime', value: MOUNT_ATTR_NOATIME }
    case 'strictatime':
      return { kind: 'atime', value: MOUNT_ATTR_STRICTATIME }
    // Everything else leads back to what the kernel does when it is told nothing, which is relatime.
    case 'atime':
    case 'relatime':
    case 'norelatime':
    case 'nostrictatime':
      return { kind: 'atime', value: MOUNT_ATTR_RELATIME }
    case 'private':
      return { kind: 'propagation', type: MS_PRIVATE }
    case 'slave':
      return { kind: 'propagation', type: MS_SLAVE }
    case 'shared':
      return { kind: 'propagation', type: MS_SHARED }
    case 'unbindable':
      return { kind: 'propagation', type: MS_UNBINDABLE }
  }
  return undefined
}

function attribute(bit: number, on: boolean): MountWord {
  return { kind: 'attribute', attribute: bit, on }
}

/** Words for one mount only. */
function plainWord(name: string): MountWord | undefined {
  switch (name) {
    case 'defaults':
    case 'silent':
    case 'loud':
      return { kind: 'ignored' }
    case 'sync':
    case 'dirsync':
    case 'lazytime':
    case 'mand':
    case 'iversion':
      return { kind: 'superblock', neutral: false }
    case 'async':
    case 'nolazytime':
    case 'nomand':
    case 'noiversion':
      return { kind: 'superblock', neutral: true }
    case 'tmpcopyup':
      return { kind: 'copy-up' }
    case 'remount':
      return { kind: 'refused', why: 'every mount of a container is new, there is nothing to remount' }
  }
  return undefined
}
