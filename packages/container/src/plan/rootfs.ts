/** The root file system: from the bundle's directory to "/" of the container. Pure. */

import { NO_SLOT, type Step } from '@teu/init'
import type { Spec } from '@teu/spec'
import { hasHooksBeforePivot } from './hooks.ts'
import { MOUNT_ATTR_RDONLY, MS_PRIVATE, MS_SHARED, MS_SLAVE, MS_UNBINDABLE } from './kernel-flags.ts'
import { planRootOverlay } from './root-overlay.ts'
import { SLOT } from './slots.ts'

/** Steps of the root, in the order in which they run; what is mounted into it comes between `attach` and `finish`. */
export interface RootSteps {
  /** Parent: opens the root once, as a detached tree. */
  readonly openEarly: readonly Step[]
  /** Container: the same, where the parent cannot. */
  readonly open: readonly Step[]
  /** Container, first: nothing that is mounted from here on can reach the host. */
  readonly isolate: readonly Step[]
  readonly attach: readonly Step[]
  /** Container, last: read-only, then "/". */
  readonly finish: readonly Step[]
}

interface RootOptions {
  readonly openInParent: boolean
  readonly noPivot: boolean
  readonly overlay?: { readonly scratch: string; readonly inUserNamespace: boolean }
}

const PROPAGATION: Readonly<Record<string, number>> = { private: MS_PRIVATE, slave: MS_SLAVE, shared: MS_SHARED, unbindable: MS_UNBINDABLE }

/** Propagation of everything in the container until `rootfsPropagation` is applied, last: mounts of the host arrive (slave) or do not
 *  (private); nothing ever goes the other way. */
export function initialPropagation(rootfsPropagation: string | undefined): number {
  const { propagation } = parsePropagation(rootfsPropagation)
  return propagation === MS_PRIVATE || propagation === MS_UNBINDABLE ? MS_PRIVATE : MS_SLAVE
}

/** Plans the root.
 *  @param options.openInParent  see `MountContext`
 *  @param options.noPivot  for a root in the initial ramdisk, which pivot_root(2) refuses
 *  @param options.overlay  make the root an overlay over the path, with `scratch` as a place that nobody needs */
export function planRoot(spec: Spec, options: RootOptions): RootSteps {
  const { path, readonly = false } = spec.root
  const initial = initialPropagation(spec.linux?.rootfsPropagation)
  const pointer = '/root/path'
  const open: Step[] = [
    { op: 'open_tree', slot: SLOT.root, root: NO_SLOT, path, recursive: true, noSymlinks: false, pointer },
    // A clone is in the peer group of its source: what is mounted below it must not appear on the host.
    { op: 'mount_attr', slot: SLOT.root, set: 0, clear: 0, propagation: initial, recursive: true, userns: NO_SLOT, pointer },
  ]
  const change: Step = options.noPivot ? { op: 'change_root', root: SLOT.root } : { op: 'pivot_root', root: SLOT.root }
  const { overlay, openInParent } = options
  return {
    openEarly: openInParent && !overlay ? open : [],
    open: overlay ? planRootOverlay(path, overlay.scratch, overlay) : openInParent ? [] : open.slice(0, 1),
    isolate: [{ op: 'set_propagation', root: NO_SLOT, propagation: initial, recursive: true }],
    // Hooks that mount into the root look for it at its path on the host; otherwise it needs no path at all.
    attach: [{ op: 'attach_root', mount: SLOT.root, path: hasHooksBeforePivot(spec) ? path : '', pointer }],
    finish: [...(readonly ? [readOnlyRoot()] : []), change, ...finalPropagation(spec.linux?.rootfsPropagation)],
  }
}

function readOnlyRoot(): Step {
  return {
    op: 'mount_attr',
    slot: SLOT.root,
    set: MOUNT_ATTR_RDONLY,
    clear: 0,
    propagation: 0,
    recursive: false,
    userns: NO_SLOT,
    pointer: '/root/readonly',
  }
}

/** After the change of root, which refuses a shared one. */
function finalPropagation(rootfsPropagation: string | undefined): Step[] {
  const { propagation, recursive } = parsePropagation(rootfsPropagation)
  if (propagation !== MS_SHARED && propagation !== MS_UNBINDABLE) return []
  const pointer = '/linux/rootfsPropagation'
  return [{ op: 'mount_attr', slot: SLOT.root, set: 0, clear: 0, propagation, recursive, userns: NO_SLOT, pointer }]
}

function parsePropagation(word: string | undefined): { propagation: number; recursive: boolean } {
  if (word === undefined || word === '') return { propagation: MS_SLAVE, recursive: true }
  const recursive = word.startsWith('r')
  return { propagation: PROPAGATION[recursive ? word.slice(1) : word] ?? MS_SLAVE, recursive }
}
