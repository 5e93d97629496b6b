/** Mounts of a file system of their own: tmpfs, proc, sysfs, devpts, mqueue, overlay … Pure. */

import { NO_SLOT, type Step } from '@teu/init'
import { configError } from './config-error.ts'
import { MOUNT_ATTR_RDONLY } from './kernel-flags.ts'
import { attributeSteps } from './mount-attributes.ts'
import type { MountContext, PlannedMount } from './mounts.ts'
import { SLOT } from './slots.ts'

/** File systems whose one instance belongs to a namespace, or to the whole machine: read-only is a matter of the mount, never of them. */
const SHARED_SUPERBLOCK: readonly string[] = ['proc', 'sysfs', 'cgroup', 'cgroup2', 'mqueue']
/** File systems that take no SELinux context of their own. */
const UNLABELLED: readonly string[] = ['proc', 'sysfs', 'mqueue', 'cgroup', 'cgroup2']
/** Most that `tmpcopyup` copies from the image: 1 GiB. */
export const MAX_COPY_UP_BYTES: number = 1024 ** 3

/** Container steps of one mount.
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID without a type, and for `tmpcopyup` on anything but tmpfs */
export function planNewMount(planned: PlannedMount, { slots, spec }: MountContext): Step[] {
  const { mount, destination, options, rules, pointer } = planned
  const { type } = mount
  if (type === undefined || type === '' || type === 'none') {
    throw configError(`${pointer}/type`, 'a mount needs a file system type, or "bind" among its options')
  }
  if (options.copyUp && type !== 'tmpfs') throw configError(`${pointer}/options`, '"tmpcopyup" is for tmpfs only')
  const slot = slots.take(pointer)
  const label = spec.linux?.mountLabel
  // A file system that is filled first becomes read-only afterwards.
  const readOnlyLater = options.copyUp && options.readOnly
  const attributes = readOnlyLater ? options.attributes.set & ~MOUNT_ATTR_RDONLY : options.attributes.set
  const steps: Step[] = [
    {
      op: 'new_mount',
      slot,
      type,
      source: mount.source === undefined || mount.source === '' ? type : mount.source,
      options: [
        ...(options.readOnly && !readOnlyLater && !SHARED_SUPERBLOCK.includes(type) ? ['ro'] : []),
        ...options.superblock,
        ...options.data,
        ...(label && !UNLABELLED.includes(type) ? [`context=${label}`] : []),
      ],
      attrs: attributes,
      pointer,
    },
  ]
  if (type === 'tmpfs') {
    // Without a mode of its own a tmpfs looks like the directory that it covers.
    if (!options.data.some((option) => option.startsWith('mode='))) {
      steps.push({ op: 'copy_mode', mount: slot, root: SLOT.root, path: destination, pointer })
    }
    if (options.copyUp) steps.push({ op: 'copy_up', mount: slot, root: SLOT.root, path: destination, maxBytes: MAX_COPY_UP_BYTES, pointer })
    if (readOnlyLater) {
      steps.push({ op: 'mount_attr', slot, set: MOUNT_ATTR_RDONLY, clear: 0, propagation: 0, recursive: false, userns: NO_SLOT, pointer })
    }
  }
  steps.push(
    ...attributeSteps(
      slot,
      { attributes: { set: 0, clear: 0 }, recursive: options.recursive, propagation: options.propagation },
      { defaultPropagation: 0, isTree: false, pointer },
    ),
  )
  steps.push({
    op: 'attach',
    mount: slot,
    root: SLOT.root,
    path: destination,
    create: 1,
    noSymlinks: rules.noSymlinks,
    overProc: rules.overProc,
    keep: false,
    pointer,
  })
  return steps
}
