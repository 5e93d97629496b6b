/** Standard streams of a program without a terminal. Pure. */

import type { Step } from '@teu/init'
import { NODE_CHARACTER, O_RDWR, UNCHANGED_ID } from './kernel-flags.ts'
import { SLOT, type SlotAllocator } from './slots.ts'

/** One standard stream: teu-init's own, the null device, a slot that a `pipe` request has filled, or an inherited descriptor of teu-init. */
export type StdioPlan =
  | { readonly kind: 'inherit' }
  | { readonly kind: 'null' }
  | { readonly kind: 'slot'; readonly slot: number }
  | { readonly kind: 'adopt'; readonly fd: number }

/** Streams 0, 1 and 2. */
export type StdioPlans = readonly [stdin: StdioPlan, stdout: StdioPlan, stderr: StdioPlan]

/** Opens the host's null device once; what is there is checked by its numbers. */
export function openNullStream(): Step[] {
  return [
    { op: 'open', slot: SLOT.nullStream, path: '/dev/null', flags: O_RDWR, mode: 0 },
    { op: 'verify_device', slot: SLOT.nullStream, kind: NODE_CHARACTER, major: 1, minor: 3 },
  ]
}

/** Steps for the streams.
 *  @param owner  the program's uid in the container, and on the host where a user namespace maps it. Root without a user namespace
 *  opens its streams anyway, so nothing is changed for it */
export function planStdio(
  stdio: StdioPlans,
  slots: SlotAllocator,
  owner: { readonly uid: number; readonly hostUid?: number | undefined; readonly inUserNamespace: boolean },
): { parent: Step[]; container: Step[] } {
  const parent: Step[] = []
  const container: Step[] = []
  if (stdio.some(({ kind }) => kind === 'null')) parent.push(...openNullStream())
  for (const [fd, stream] of stdio.entries()) {
    switch (stream.kind) {
      case 'inherit':
        break
      case 'null':
        container.push({ op: 'stdio', fd, slot: SLOT.nullStream })
        break
      case 'slot':
        // Our own FIFO: only the host's root can give it to an id of the user namespace.
        if (owner.hostUid !== undefined) parent.push({ op: 'own', slot: stream.slot, uid: owner.hostUid, gid: UNCHANGED_ID })
        container.push({ op: 'stdio', fd, slot: stream.slot })
        break
      case 'adopt': {
        const slot = slots.take()
        parent.push({ op: 'adopt', slot, fd: stream.fd })
        container.push({ op: 'stdio', fd, slot })
        break
      }
    }
  }
  // Pipes of the caller too; what is a device, or not the parent's to give, stays as it is.
  if (owner.hostUid !== undefined && stdio.some(({ kind }) => kind === 'inherit')) {
    parent.push({ op: 'stdio_owner', uid: owner.hostUid, gid: UNCHANGED_ID })
  }
  if (owner.uid !== 0 || owner.inUserNamespace) container.push({ op: 'stdio_owner', uid: owner.uid, gid: UNCHANGED_ID })
  return { parent, container }
}
