/** The config's mounts, in their order. Pure. */

import { posix } from 'node:path'
import { NO_SLOT, type Step } from '@teu/init'
import { type Mount, type Spec, TeuError } from '@teu/spec'
import type { HostFacts } from '../host-facts.ts'
import { planCgroupMount } from './cgroup-mount.ts'
import { configError } from './config-error.ts'
import { containerPath, isBelow } from './container-path.ts'
import type { MountIdMaps } from './id-maps.ts'
import { attributeSteps } from './mount-attributes.ts'
import { type MountOptions, parseMountOptions } from './mount-options.ts'
import type { Namespaces } from './namespaces.ts'
import { planNewMount } from './new-mount.ts'
import { type DestinationRules, destinationRules } from './proc-paths.ts'
import { SLOT, type SlotAllocator } from './slots.ts'

/** What the mounts of one container depend on. */
export interface MountContext {
  readonly spec: Spec
  readonly bundle: string
  readonly host: Pick<HostFacts, 'cgroup' | 'rootless'>
  readonly namespaces: Namespaces
  readonly slots: SlotAllocator
  readonly idMaps: MountIdMaps
  /** Slot of a joined user namespace. */
  readonly userSlot?: number
  /** Bind sources are opened by the parent, in the host's mount namespace and with its rights. */
  readonly openInParent: boolean
  /** Propagation of a bind mount that asks for none: MS_SLAVE or MS_PRIVATE. */
  readonly defaultPropagation: number
  /** The container's directory in each hierarchy: v1 by controller, v2 under ''. */
  readonly cgroupPaths: Readonly<Record<string, string>>
  /** Steps that have to come before the first mount of a cgroup hierarchy: the process is in its cgroup then. */
  readonly beforeCgroup: readonly Step[]
}

/** Mount steps of the two stages. */
export interface MountSteps {
  /** Before the clone: sources, each looked up once, with their attributes. */
  readonly parent: readonly Step[]
  readonly container: readonly Step[]
  /** Container, after the devices: `beforeCgroup`, and cgroup mounts that are the last ones, as they mostly are. The longer they can wait, the
   *  more of the rest is done while the parent makes the cgroups. Only `beforeCgroup`, or nothing, where they stand in the middle. */
  readonly late: readonly Step[]
}

/** One mount on its way into the plan. */
export interface PlannedMount {
  readonly mount: Mount
  /** Normalized. */
  readonly destination: string
  readonly options: MountOptions
  readonly rules: DestinationRules
  readonly pointer: string
}

/** Plans all mounts.
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID, ERR_TEU_UNSUPPORTED, ERR_TEU_ROOTLESS, each with the pointer of the value
 *  @see runtime-spec config.md "Mounts" */
export function planMounts(mounts: readonly Mount[], context: MountContext): MountSteps {
  const parent: Step[] = []
  const container: Step[] = []
  const late: Step[] = []
  const firstLate = firstOfTrailingCgroups(mounts)
  let isInCgroup = false
  for (const [index, mount] of mounts.entries()) {
    const planned = parseMount(mount, `/mounts/${index}`)
    if (planned.options.bind) {
      const { source, attach } = planBind(planned, context)
      const isEarly = context.openInParent && sourceInRoot(planned, context) === undefined
      ;(isEarly ? parent : container).push(...source)
      container.push(...attach)
    } else if (mount.type === 'cgroup' || mount.type === 'cgroup2') {
      refuseIdMap(planned)
      const steps = index < firstLate ? container : late
      if (!isInCgroup) steps.push(...context.beforeCgroup)
      isInCgroup = true
      steps.push(...planCgroupMount(planned, context))
    } else {
      refuseIdMap(planned)
      container.push(...planNewMount(planned, context))
    }
  }
  if (!isInCgroup) late.push(...context.beforeCgroup)
  return { parent, container, late }
}

/** Index of the first of the cgroup mounts at the end of the list. Below /sys no device can be made, so that nothing depends on them. */
function firstOfTrailingCgroups(mounts: readonly Mount[]): number {
  let first = mounts.length
  for (; first > 0; first--) {
    const { type, destination } = mounts[first - 1] as Mount
    if ((type !== 'cgroup' && type !== 'cgroup2') || !isBelow(containerPath(destination), '/sys')) break
  }
  return first
}

/** True when the config itself brings the host's (or some other) directory as /dev: nothing is made in there then. */
export function hasBoundDev(mounts: readonly Mount[]): boolean {
  return mounts.some(({ destination, type, options }) => containerPath(destination) === '/dev' && isBind(type, options))
}

function isBind(type: string | undefined, options: readonly string[] | undefined): boolean {
  return type === 'bind' || (options ?? []).some((word) => word === 'bind' || word === 'rbind')
}

function parseMount(mount: Mount, pointer: string): PlannedMount {
  const destination = containerPath(mount.destination)
  const options = parseMountOptions(mount.options ?? [], mount.type === 'bind', pointer)
  return { mount, destination, options, pointer, rules: destinationRules(destination, mount, options.bind, pointer) }
}

/** A bind mount: a clone of a part of another mount, made exactly as asked while nobody can see it, then attached. */
function planBind(planned: PlannedMount, context: MountContext): { source: Step[]; attach: Step[] } {
  const { mount, destination, options, rules, pointer } = planned
  if (mount.source === undefined || mount.source === '') throw configError(`${pointer}/source`, 'a bind mount needs a source')
  const slot = context.slots.take(pointer)
  const inRoot = sourceInRoot(planned, context)
  const path = inRoot ?? hostSource(mount.source, context.bundle)
  const open: Step = {
    op: 'open_tree',
    slot,
    root: inRoot === undefined ? NO_SLOT : SLOT.root,
    path,
    recursive: options.recursiveBind,
    noSymlinks: false,
    pointer: `${pointer}/source`,
  }
  const attach: Step = {
    op: 'attach',
    mount: slot,
    root: SLOT.root,
    path: destination,
    create: 3,
    noSymlinks: rules.noSymlinks,
    overProc: rules.overProc,
    keep: false,
    pointer,
  }
  const idMap = mountIdMap(planned, context)
  return {
    source: [
      open,
      ...attributeSteps(slot, options, {
        defaultPropagation: context.defaultPropagation,
        isTree: options.recursiveBind,
        pointer,
        ...(idMap && { idMap }),
      }),
    ],
    attach: [attach],
  }
}

/** Path below the container's root when the source lies in the root file system: it is then looked up inside the root, where a link of
 *  the image cannot lead out. */
function sourceInRoot({ mount, options }: PlannedMount, { spec, bundle }: MountContext): string | undefined {
  if (!options.bind || mount.source === undefined) return undefined
  const source = hostSource(mount.source, bundle)
  const root = spec.root.path
  return root !== '/' && isBelow(source, root) ? source.slice(root.length) || '/' : undefined
}

/** A relative source counts from the bundle. A trailing slash, which asks for a directory, stays. */
function hostSource(source: string, bundle: string): string {
  return posix.resolve(bundle, source) + (source.endsWith('/') && posix.resolve(bundle, source) !== '/' ? '/' : '')
}

function mountIdMap({ mount, options, pointer }: PlannedMount, context: MountContext): { userns: number; recursive: boolean } | undefined {
  const { uidMappings = [], gidMappings = [] } = mount
  const isMapped = uidMappings.length > 0 || gidMappings.length > 0
  if (options.idMap === 'none' && !isMapped) return undefined
  if (isMapped && (uidMappings.length === 0 || gidMappings.length === 0)) {
    throw configError(pointer, 'uidMappings and gidMappings of a mount come together')
  }
  if (!context.openInParent || context.host.rootless) {
    throw new TeuError('ERR_TEU_ROOTLESS', `Cannot map the ids of the mount on ${mount.destination} without root`, { pointer })
  }
  const userns = isMapped ? context.idMaps.take(uidMappings, gidMappings, pointer) : containerIdMap(context, pointer)
  return { userns, recursive: options.idMap === 'recursive' }
}

/** A mount that asks for a map and has none gets the container's. */
function containerIdMap({ spec, namespaces, idMaps, userSlot }: MountContext, pointer: string): number {
  if (userSlot !== undefined) return userSlot
  if (!namespaces.isNew('user'))
    throw configError(pointer, 'an id-mapped mount needs mappings of its own, or a user namespace of the container')
  const { uidMappings = [], gidMappings = [] } = spec.linux ?? {}
  return idMaps.take(uidMappings, gidMappings, '/linux')
}

function refuseIdMap({ mount, options, pointer }: PlannedMount): void {
  if (options.idMap === 'none' && !mount.uidMappings?.length && !mount.gidMappings?.length) return
  throw configError(pointer, 'only bind mounts can have an id map', { code: 'ERR_TEU_UNSUPPORTED' })
}
