/** Id maps of the container's user namespace and of mounts. Pure. */

import type { Step } from '@teu/init'
import { type LinuxIDMapping, type Process, type Spec, TeuError } from '@teu/spec'
import type { HostFacts } from '../host-facts.ts'
import { configError } from './config-error.ts'
import { CAP_SETGID, CAP_SETUID } from './kernel-flags.ts'
import type { Namespaces } from './namespaces.ts'
import type { SlotAllocator } from './slots.ts'

/** What a uid_map takes: one page, less one byte. @see user_namespaces(7) */
const MAX_MAP_BYTES = 4095

type MapFacts = Pick<HostFacts, 'rootless' | 'capabilities' | 'euid' | 'egid' | 'newuidmap' | 'newgidmap'>

/** The text of a uid_map or gid_map: one line for each mapping.
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID when the kernel would not take it whole */
export function idMapText(mappings: readonly LinuxIDMapping[], pointer: string): Uint8Array {
  const text = mappings.map(({ containerID, hostID, size }) => `${containerID} ${hostID} ${size}\n`).join('')
  if (text.length > MAX_MAP_BYTES) throw configError(pointer, `the map has ${text.length} bytes, the kernel takes ${MAX_MAP_BYTES}`)
  return new TextEncoder().encode(text)
}

/** The id outside for an id inside, or undefined when it is not mapped. */
export function toHostId(mappings: readonly LinuxIDMapping[], containerId: number): number | undefined {
  const mapping = mappings.find(({ containerID, size }) => containerId >= containerID && containerId < containerID + size)
  return mapping && mapping.hostID + (containerId - mapping.containerID)
}

/** Refuses ids of a process that the container's own maps do not have: setresuid(2) would only say EINVAL.
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID */
export function checkProcessIds({ linux }: Spec, { user }: Pick<Process, 'user'>): void {
  const check = (map: 'uidMappings' | 'gidMappings', id: number, pointer: string): void => {
    const lines = linux?.[map] ?? []
    if (lines.length > 0 && toHostId(lines, id) === undefined) throw configError(`/process/user/${pointer}`, `${id} is not in linux.${map}`)
  }
  check('uidMappings', user.uid, 'uid')
  check('gidMappings', user.gid, 'gid')
  for (const [index, id] of (user.additionalGids ?? []).entries()) check('gidMappings', id, `additionalGids/${index}`)
}

/** How one of the two maps gets written. */
type MapWriter = 'privileged' | 'own-id' | 'helper'

/** Who can write this map: somebody with rights over ids writes anything, anybody may map their own id, and the rest is for the setuid
 *  helpers, which know the subordinate ids of the user. */
function mapWriter(mappings: readonly LinuxIDMapping[], ownId: number, capability: number, host: MapFacts): MapWriter {
  if (!host.rootless || (host.capabilities & (1n << BigInt(capability))) !== 0n) return 'privileged'
  const [only] = mappings
  return mappings.length === 1 && only?.size === 1 && only.hostID === ownId ? 'own-id' : 'helper'
}

/** True when processes of the new user namespace may not call setgroups(2): the price of mapping one's own gid without rights. */
export function deniesSetgroups(spec: Spec, namespaces: Pick<Namespaces, 'isNew'>, host: MapFacts): boolean {
  return namespaces.isNew('user') && mapWriter(spec.linux?.gidMappings ?? [], host.egid, CAP_SETGID, host) === 'own-id'
}

/** Parent steps that give a new user namespace its maps.
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID without maps or when root is not mapped, ERR_TEU_ROOTLESS when the maps need newuidmap or
 *  newgidmap and they are not installed
 *  @see user_namespaces(7) */
export function planIdMaps(spec: Spec, namespaces: Namespaces, host: MapFacts): Step[] {
  const uidMappings = spec.linux?.uidMappings ?? []
  const gidMappings = spec.linux?.gidMappings ?? []
  if (!namespaces.isNew('user')) {
    if (uidMappings.length > 0 || gidMappings.length > 0) {
      const at = uidMappings.length > 0 ? '/linux/uidMappings' : '/linux/gidMappings'
      if (!namespaces.isJoined('user'))
        throw configError(at, 'id mappings need a user namespace', { remedy: 'Add {"type": "user"} to linux.namespaces' })
    }
    return []
  }
  checkRootIsMapped(uidMappings, '/linux/uidMappings')
  checkRootIsMapped(gidMappings, '/linux/gidMappings')

  const steps: Step[] = []
  if (deniesSetgroups(spec, namespaces, host)) {
    steps.push({ op: 'write_child', file: 'setgroups', data: new TextEncoder().encode('deny'), pointer: '/linux/gidMappings' })
  }
  const uidWriter = mapWriter(uidMappings, host.euid, CAP_SETUID, host)
  const gidWriter = mapWriter(gidMappings, host.egid, CAP_SETGID, host)
  steps.push(mapStep('gid_map', gidMappings, '/linux/gidMappings', gidWriter === 'helper' ? { path: host.newgidmap } : undefined))
  steps.push(mapStep('uid_map', uidMappings, '/linux/uidMappings', uidWriter === 'helper' ? { path: host.newuidmap } : undefined))
  return steps
}

function mapStep(
  file: 'uid_map' | 'gid_map',
  mappings: readonly LinuxIDMapping[],
  pointer: string,
  helper: { readonly path: string | undefined } | undefined,
): Step {
  if (helper === undefined) return { op: 'write_child', file, data: idMapText(mappings, pointer), pointer }
  const name = file === 'uid_map' ? 'newuidmap' : 'newgidmap'
  if (helper.path === undefined) {
    throw new TeuError('ERR_TEU_ROOTLESS', `Cannot map these ids without root: ${name} is not installed`, {
      pointer,
      remedy: `Install ${name} (package uidmap or shadow-utils) and subordinate ids, or map only your own id`,
    })
  }
  const ranges = mappings.flatMap(({ containerID, hostID, size }) => [containerID, hostID, size].map(String))
  return { op: 'map_ids_helper', path: helper.path, ranges, pointer }
}

function checkRootIsMapped(mappings: readonly LinuxIDMapping[], pointer: string): void {
  if (mappings.length === 0) throw configError(pointer, 'a new user namespace needs id mappings')
  if (toHostId(mappings, 0) === undefined) throw configError(pointer, 'id 0 of the container has to be mapped: it sets the container up')
}

/** User namespaces that exist only to carry the id map of mounts, one for each distinct map. */
export class MountIdMaps {
  readonly #slots: SlotAllocator
  readonly #known = new Map<string, number>()
  /** Parent steps that make them. */
  readonly steps: Step[] = []

  constructor(slots: SlotAllocator) {
    this.#slots = slots
  }

  /** Slot of a user namespace with these maps. */
  take(uidMappings: readonly LinuxIDMapping[], gidMappings: readonly LinuxIDMapping[], pointer: string): number {
    const uidMap = idMapText(uidMappings, `${pointer}/uidMappings`)
    const gidMap = idMapText(gidMappings, `${pointer}/gidMappings`)
    const key = JSON.stringify([uidMappings, gidMappings])
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const slot = this.#slots.take(pointer)
    this.#known.set(key, slot)
    this.steps.push({ op: 'make_userns', slot, uidMap, gidMap, pointer })
    return slot
  }
}
