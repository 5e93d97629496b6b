/** Mount options as calls of mount_setattr(2) on a detached mount. Pure. */

import { NO_SLOT, type Step } from '@teu/init'
import { MOUNT_ATTR_IDMAP } from './kernel-flags.ts'
import type { AttributeChange, MountOptions, PropagationChange } from './mount-options.ts'

interface AttributeContext {
  /** For a mount that asks for no propagation type. 0: leave it. */
  readonly defaultPropagation: number
  /** The slot holds more than one mount. */
  readonly isTree: boolean
  readonly idMap?: { readonly userns: number; readonly recursive: boolean }
  readonly pointer: string
}

/** Steps that give the mount in `slot` its attributes: those of the mount alone, those of the tree, the propagation types in the order of
 *  the config. As few calls as possible: one is enough for most mounts. */
export function attributeSteps(
  slot: number,
  options: Pick<MountOptions, 'attributes' | 'recursive' | 'propagation'>,
  context: AttributeContext,
): Step[] {
  const { pointer } = context
  const steps: Step[] = []
  const push = (change: AttributeChange, recursive: boolean, propagation: number, userns: number): void => {
    if (change.set === 0 && change.clear === 0 && propagation === 0 && userns === NO_SLOT) return
    const set = userns === NO_SLOT ? change.set : change.set | MOUNT_ATTR_IDMAP
    steps.push({ op: 'mount_attr', slot, set, clear: change.clear, propagation, recursive, userns, pointer })
  }

  const [first = { propagation: context.defaultPropagation, recursive: true }, ...more]: readonly PropagationChange[] = options.propagation
  const firstRecursive = first.recursive && context.isTree
  const { idMap } = context
  const idMapRecursive = (idMap?.recursive ?? false) && context.isTree
  // One call serves attributes, id map and first propagation type where they are about the same mounts.
  push(options.attributes, false, firstRecursive ? 0 : first.propagation, idMap && !idMapRecursive ? idMap.userns : NO_SLOT)
  push(options.recursive, context.isTree, firstRecursive ? first.propagation : 0, idMapRecursive && idMap ? idMap.userns : NO_SLOT)
  for (const { propagation, recursive } of more) push({ set: 0, clear: 0 }, recursive && context.isTree, propagation, NO_SLOT)
  return steps
}
