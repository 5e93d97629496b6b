/** A mount of type `cgroup`: the container's own part of the hierarchies. Pure. */

import { posix } from 'node:path'
import { NO_SLOT, type Step } from '@teu/init'
import type { CgroupV1Hierarchy } from '../host-facts.ts'
import { configError } from './config-error.ts'
import { MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC, MOUNT_ATTR_NOSUID, MOUNT_ATTR_RDONLY } from './kernel-flags.ts'
import type { MountContext, PlannedMount } from './mounts.ts'
import { SLOT } from './slots.ts'

const STRICT: number = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC

/** Container steps for a mount of type `cgroup` (or `cgroup2`).
 *
 *  With a cgroup namespace of its own the hierarchy is mounted anew, and its root is the container's cgroup. Without one, the container's
 *  cgroup is bound: never the hierarchy of the host. A container that has no cgroup of its own sees the caller's, read-only.
 *  @throws {TeuError} ERR_TEU_UNSUPPORTED when the host has no cgroup file system */
export function planCgroupMount(planned: PlannedMount, context: MountContext): Step[] {
  const { cgroup } = context.host
  if (cgroup.layout === 'v2' || planned.mount.type === 'cgroup2') return planUnified(planned, context)
  if (cgroup.v1.length === 0) throw noCgroups(planned)
  return planHierarchies(planned, context)
}

function planUnified(planned: PlannedMount, { host, namespaces, slots, cgroupPaths, defaultPropagation }: MountContext): Step[] {
  const { mount, options, pointer } = planned
  const { v2 } = host.cgroup
  if (v2 === undefined) throw noCgroups(planned)
  const slot = slots.take(pointer)
  const attach = attachStep(slot, planned, SLOT.root, planned.destination)
  if (namespaces.isPrivate('cgroup')) {
    const source = mount.source === undefined || mount.source === '' ? 'cgroup' : mount.source
    return [{ op: 'new_mount', slot, type: 'cgroup2', source, options: options.data, attrs: options.attributes.set, pointer }, attach]
  }
  return [
    ...bindCgroup(slot, cgroupPaths[''], posix.join(v2.mountPoint, v2.ownPath), options.attributes.set, defaultPropagation, pointer),
    attach,
  ]
}

/** v1 and hybrid: a tmpfs with one directory for each hierarchy, named as on the host, and a link for each controller of a joint one. */
function planHierarchies(planned: PlannedMount, context: MountContext): Step[] {
  const { options, pointer, destination } = planned
  const { host, slots } = context
  const top = slots.take(pointer)
  const steps: Step[] = [
    { op: 'new_mount', slot: top, type: 'tmpfs', source: 'tmpfs', options: ['mode=755', 'size=1m'], attrs: STRICT, pointer },
    attachStep(top, planned, SLOT.root, destination, true),
  ]
  for (const hierarchy of host.cgroup.v1) {
    const name = posix.basename(hierarchy.mountPoint)
    const slot = slots.take(pointer)
    steps.push(...hierarchySteps(slot, hierarchy, planned, context), attachStep(slot, planned, top, `/${name}`))
    for (const controller of hierarchy.controllers) {
      if (hierarchy.controllers.length < 2 || controller === name || controller.startsWith('name=')) continue
      steps.push({ op: 'symlink', root: top, path: `/${controller}`, target: name, replace: false, pointer })
    }
  }
  if (options.readOnly) {
    steps.push({
      op: 'mount_attr',
      slot: top,
      set: MOUNT_ATTR_RDONLY,
      clear: 0,
      propagation: 0,
      recursive: false,
      userns: NO_SLOT,
      pointer,
    })
  }
  steps.push({ op: 'close', slot: top })
  return steps
}

function hierarchySteps(
  slot: number,
  { controllers, mountPoint, ownPath }: CgroupV1Hierarchy,
  { options, pointer }: PlannedMount,
  { namespaces, cgroupPaths, defaultPropagation }: MountContext,
): Step[] {
  const attributes = STRICT | options.attributes.set
  if (namespaces.isPrivate('cgroup')) {
    return [{ op: 'new_mount', slot, type: 'cgroup', source: 'cgroup', options: controllers, attrs: attributes, pointer }]
  }
  const path = cgroupPaths[controllers[0] ?? '']
  return bindCgroup(slot, path, posix.join(mountPoint, ownPath), attributes, defaultPropagation, pointer)
}

/** Binds the container's cgroup; without one, the caller's own, which it can then only read. */
function bindCgroup(
  slot: number,
  path: string | undefined,
  callersPath: string,
  attributes: number,
  propagation: number,
  pointer: string,
): Step[] {
  const set = path === undefined ? attributes | MOUNT_ATTR_RDONLY : attributes
  return [
    { op: 'open_tree', slot, root: NO_SLOT, path: path ?? callersPath, recursive: false, noSymlinks: true, pointer },
    { op: 'mount_attr', slot, set, clear: 0, propagation, recursive: false, userns: NO_SLOT, pointer },
  ]
}

function attachStep(mount: number, { rules, pointer }: PlannedMount, root: number, path: string, keep = false): Step {
  return { op: 'attach', mount, root, path, create: 1, noSymlinks: rules.noSymlinks || root !== SLOT.root, overProc: false, keep, pointer }
}

function noCgroups({ pointer }: PlannedMount): Error {
  return configError(pointer, 'the host has no cgroup file system of this kind', { code: 'ERR_TEU_UNSUPPORTED' })
}
