import { NO_SLOT, type Step } from '@teu/init'
import { O_PATH } from './kernel-flags.ts'
import { SLOT } from './slots.ts'

/** Opens the host's procfs before anything of the container exists: labels and kernel parameters are written beneath it. It is a private
 *  mount, without what may be mounted over parts of it; an ordinary user cannot clone it (`clone` false) and opens the host's. */
export function openHostProc(clone: boolean): Step {
  return clone
    ? { op: 'open_tree', slot: SLOT.hostProc, root: NO_SLOT, path: '/proc', recursive: false, noSymlinks: true }
    : { op: 'open', slot: SLOT.hostProc, path: '/proc/', flags: O_PATH, mode: 0 }
}
