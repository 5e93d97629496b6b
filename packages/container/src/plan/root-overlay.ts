/** A root that can be written to and is thrown away: an overlay in memory over a directory that stays as it is. Pure. */

import type { Step } from '@teu/init'
import { O_PATH } from './kernel-flags.ts'
import { SLOT } from './slots.ts'

/** Container stage, before anything is attached: makes the overlay in the slot of the root.
 *
 *  Its upper layer lives on a tmpfs that covers the container's state directory in this mount namespace only; it goes with the old root
 *  when the root is changed, and from then on only the overlay itself can reach it.
 *  @param lower  directory below, absolute; mounts below it are not part of it
 *  @param scratch  a host directory that nobody needs in this mount namespace
 *  @see Documentation/filesystems/overlayfs.rst */
export function planRootOverlay(lower: string, scratch: string, options: { readonly inUserNamespace: boolean }): Step[] {
  const pointer = '/root/path'
  const [upper, work] = [`${scratch}/upper`, `${scratch}/work`]
  const layers = [`lowerdir=${escape(lower)}`, `upperdir=${escape(upper)}`, `workdir=${escape(work)}`]
  return [
    { op: 'open', slot: SLOT.hostRoot, path: '/', flags: O_PATH, mode: 0, pointer },
    { op: 'new_mount', slot: SLOT.scratch, type: 'tmpfs', source: 'tmpfs', options: ['mode=0755'], attrs: 0, pointer },
    {
      op: 'attach',
      mount: SLOT.scratch,
      root: SLOT.hostRoot,
      path: scratch,
      create: 0,
      noSymlinks: false,
      overProc: false,
      keep: false,
      pointer,
    },
    { op: 'mkdir_in_root', root: SLOT.hostRoot, path: upper, mode: 0o755, pointer },
    { op: 'mkdir_in_root', root: SLOT.hostRoot, path: work, mode: 0o755, pointer },
    {
      op: 'new_mount',
      slot: SLOT.root,
      type: 'overlay',
      source: 'overlay',
      // Without privileges over the host's file systems the marks of the overlay go into attributes of the user's own.
      options: options.inUserNamespace ? [...layers, 'userxattr'] : layers,
      attrs: 0,
      pointer,
    },
    { op: 'close', slot: SLOT.hostRoot, pointer },
  ]
}

/** A colon separates layers and a backslash takes its meaning away. */
function escape(path: string): string {
  return path.replaceAll(/[\\:]/g, '\\$&')
}
