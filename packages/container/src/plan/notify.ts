/** The sd_notify(3) socket inside the container. Pure. */

import { NO_SLOT, type Step } from '@teu/init'
import { MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC, MOUNT_ATTR_NOSUID, MOUNT_ATTR_RDONLY } from './kernel-flags.ts'
import { SLOT, type SlotAllocator } from './slots.ts'

const DIRECTORY = '/run/notify'
/** Path of the socket for the program. */
export const NOTIFY_SOCKET: string = `${DIRECTORY}/notify.sock`
const ATTRIBUTES: number = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC

/** Binds the host directory that holds the socket, read-only.
 *  @param propagation  of the new mount */
export function planNotify(
  hostDirectory: string | undefined,
  slots: SlotAllocator,
  propagation: number,
): { source: readonly Step[]; attach: readonly Step[] } {
  if (hostDirectory === undefined) return { source: [], attach: [] }
  const slot = slots.take()
  return {
    source: [
      { op: 'open_tree', slot, root: NO_SLOT, path: hostDirectory, recursive: false, noSymlinks: false },
      { op: 'mount_attr', slot, set: ATTRIBUTES, clear: 0, propagation, recursive: false, userns: NO_SLOT },
    ],
    attach: [{ op: 'attach', mount: slot, root: SLOT.root, path: DIRECTORY, create: 1, noSymlinks: false, overProc: false, keep: false }],
  }
}
