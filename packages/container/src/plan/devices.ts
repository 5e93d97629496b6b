/** Device nodes and the fixed links in /dev. Pure. */

import { NO_SLOT, type Step } from '@teu/init'
import type { LinuxDevice, Spec } from '@teu/spec'
import { configError } from './config-error.ts'
import { containerPath, isBelow } from './container-path.ts'
import { NODE_BLOCK, NODE_CHARACTER, NODE_FIFO } from './kernel-flags.ts'
import { hasBoundDev } from './mounts.ts'
import { SLOT, type SlotAllocator } from './slots.ts'

/** Devices that every container has. @see runtime-spec config-linux.md "Default Devices" */
export const DEFAULT_DEVICES: readonly LinuxDevice[] = [
  { path: '/dev/null', type: 'c', major: 1, minor: 3 },
  { path: '/dev/zero', type: 'c', major: 1, minor: 5 },
  { path: '/dev/full', type: 'c', major: 1, minor: 7 },
  { path: '/dev/random', type: 'c', major: 1, minor: 8 },
  { path: '/dev/urandom', type: 'c', major: 1, minor: 9 },
  { path: '/dev/tty', type: 'c', major: 5, minor: 0 },
]

/** Links in /dev. An existing file stays, except for ptmx, which has to lead to the container's own terminals. */
const DEV_LINKS: readonly { path: string; target: string; replace: boolean }[] = [
  { path: '/dev/fd', target: '/proc/self/fd', replace: false },
  { path: '/dev/stdin', target: '/proc/self/fd/0', replace: false },
  { path: '/dev/stdout', target: '/proc/self/fd/1', replace: false },
  { path: '/dev/stderr', target: '/proc/self/fd/2', replace: false },
  { path: '/dev/core', target: '/proc/kcore', replace: false },
  { path: '/dev/ptmx', target: 'pts/ptmx', replace: true },
]

const KINDS: Readonly<Record<LinuxDevice['type'], number>> = { c: NODE_CHARACTER, u: NODE_CHARACTER, b: NODE_BLOCK, p: NODE_FIFO }

interface DeviceContext {
  readonly spec: Spec
  readonly slots: SlotAllocator
  /** Nodes cannot be made (user namespace, no root): the host's are bound. */
  readonly bindDevices: boolean
  readonly openInParent: boolean
  /** Propagation of what the parent opens. */
  readonly propagation: number
}

/** Plans devices and links. A device of the config takes the place of a default one; what the config mounts itself is left alone, and so is
 *  a /dev that it binds.
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID for two different devices at one path */
export function planDevices(context: DeviceContext): { parent: Step[]; container: Step[] } {
  const { spec } = context
  const mounts = spec.mounts ?? []
  const boundDev = hasBoundDev(mounts)
  const covered = new Set(mounts.map(({ destination }) => containerPath(destination)))
  const isOurs = (path: string): boolean => !covered.has(path) && !(boundDev && isBelow(path, '/dev'))

  const configured = configuredDevices(spec)
  const devices: { device: LinuxDevice; pointer: string | undefined }[] = []
  for (const device of DEFAULT_DEVICES) if (!configured.has(device.path)) devices.push({ device, pointer: undefined })
  for (const device of configured.values()) devices.push(device)
  const parent: Step[] = []
  const container: Step[] = []
  for (const { device, pointer } of devices) {
    if (!isOurs(device.path)) continue
    const at = pointer === undefined ? {} : { pointer }
    if (context.bindDevices && device.type !== 'p') {
      const slot = context.slots.take(pointer)
      ;(context.openInParent ? parent : container).push(...openHostDevice(slot, device, context).map((step) => ({ ...step, ...at })))
      container.push({ ...attachDevice(slot, device.path), ...at })
    } else container.push({ ...makeNode(device), ...at })
  }
  for (const { path, target, replace } of DEV_LINKS) {
    if (isOurs(path)) container.push({ op: 'symlink', root: SLOT.root, path, target, replace })
  }
  return { parent, container }
}

/** The host's null device as a detached mount that hides files; checked by its numbers on the descriptor that is used. */
export function planNullDevice(context: Pick<DeviceContext, 'openInParent' | 'propagation'>): Step[] {
  const [nullDevice] = DEFAULT_DEVICES as readonly [LinuxDevice]
  return openHostDevice(SLOT.nullDevice, nullDevice, context)
}

function configuredDevices(spec: Spec): Map<string, { device: LinuxDevice; pointer: string }> {
  const devices = new Map<string, { device: LinuxDevice; pointer: string }>()
  for (const [index, device] of (spec.linux?.devices ?? []).entries()) {
    const pointer = `/linux/devices/${index}`
    const path = containerPath(device.path)
    const other = devices.get(path)?.device
    if (other !== undefined && (KINDS[other.type] !== KINDS[device.type] || other.major !== device.major || other.minor !== device.minor)) {
      throw configError(`${pointer}/path`, `${path} is there twice, as different devices`)
    }
    devices.set(path, { device: { ...device, path }, pointer })
  }
  return devices
}

function makeNode({ path, type, major = 0, minor = 0, fileMode, uid = 0, gid = 0 }: LinuxDevice): Step {
  // The type is in `type`; file type bits in the mode mean nothing.
  const mode = fileMode === undefined ? 0o666 : fileMode & 0o7777
  return { op: 'mknod', root: SLOT.root, path, kind: KINDS[type], major, minor, mode, uid, gid }
}

function openHostDevice(slot: number, device: LinuxDevice, context: Pick<DeviceContext, 'openInParent' | 'propagation'>): Step[] {
  const { path, type, major = 0, minor = 0 } = device
  const { openInParent, propagation } = context
  return [
    { op: 'open_tree', slot, root: NO_SLOT, path, recursive: false, noSymlinks: false },
    { op: 'verify_device', slot, kind: KINDS[type], major, minor },
    ...(openInParent ? [{ op: 'mount_attr', slot, set: 0, clear: 0, propagation, recursive: false, userns: NO_SLOT } as const] : []),
  ]
}

function attachDevice(slot: number, path: string): Step {
  return { op: 'attach', mount: slot, root: SLOT.root, path, create: 2, noSymlinks: false, overProc: false, keep: false }
}
