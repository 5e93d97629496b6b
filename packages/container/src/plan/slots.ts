/** Who uses which slot of teu-init's table of descriptors. */

import { SLOT_COUNT } from '@teu/init'
import { TeuError } from '@teu/spec'

/** Slots 0 to 15 belong to the caller: FIFOs of `pipe` requests are put there before a plan runs. */
export const CALLER_SLOTS = 16

/** Slots with a fixed meaning in every plan. */
export const SLOT = {
  /** The container's root file system. */
  root: 16,
  /** A private mount of the host's procfs: sysctls and labels are written through it. */
  hostProc: 17,
  /** Detached mount of the host's null device, verified; hides files. */
  nullDevice: 18,
  /** Detached, empty, read-only tmpfs; hides directories. */
  emptyDirectory: 19,
  /** The null device opened for reading and writing: a standard stream. */
  nullStream: 20,
  ptyMaster: 21,
  ptyPeer: 22,
  consoleSocket: 23,
  pidfdSocket: 24,
  gate: 25,
  gateStatus: 26,
  seccompSocket: 27,
  seccompListener: 28,
  /** The cgroup v2 directory that the process is cloned into. */
  cloneCgroup: 29,
  /** pidfd of the container's init, in plans of `exec`. */
  initPidfd: 30,
  timeNamespace: 31,
  terminalInput: 32,
  terminalOutput: 33,
  /** The host's "/" and a tmpfs over it, while an overlay for the root is made. */
  hostRoot: 34,
  scratch: 35,
} as const

/** First slot that an allocator gives out. */
const FIRST_FREE = 64

/** Gives out slot numbers, from {@link FIRST_FREE} up, to one plan. */
export class SlotAllocator {
  #next = FIRST_FREE

  /** @param pointer  the config value that needs the descriptor
   *  @throws {TeuError} ERR_TEU_CONFIG_INVALID when a plan needs more descriptors than teu-init can hold */
  take(pointer?: string): number {
    if (this.#next >= SLOT_COUNT) {
      throw new TeuError(
        'ERR_TEU_CONFIG_INVALID',
        `Cannot hold more than ${SLOT_COUNT - FIRST_FREE} descriptors at once: too many mounts`,
        {
          pointer,
        },
      )
    }
    return this.#next++
  }

  /** How many have been given out. */
  get taken(): number {
    return this.#next - FIRST_FREE
  }
}
