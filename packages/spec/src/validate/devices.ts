import type { Place } from '../place.ts'
import type { LinuxDevice, LinuxNetDevice } from '../types/linux.ts'
import type { Report } from './report.ts'
import { absolutePath, emptyOr, interfaceName } from './rules.ts'
import { ID, type IntegerShape, type ListShape, type MapShape, type ObjectShape, own, UINT32 } from './shape.ts'

/** Device numbers have 12 and 20 bits; larger ones would be cut. */
const MAJOR_MAX = 4095
const MINOR_MAX = 1048575
export const MAJOR: IntegerShape = { is: 'integer', min: 0, max: MAJOR_MAX }
export const MINOR: IntegerShape = { is: 'integer', min: 0, max: MINOR_MAX }
/** In rules -1 stands for every number. */
export const MAJOR_OR_ALL: IntegerShape = { is: 'integer', min: -1, max: MAJOR_MAX }
export const MINOR_OR_ALL: IntegerShape = { is: 'integer', min: -1, max: MINOR_MAX }

const DEVICE: ObjectShape<LinuxDevice> = {
  is: 'object',
  required: ['path', 'type'],
  fields: {
    path: { is: 'text', rule: absolutePath },
    type: { is: 'word', of: ['c', 'b', 'u', 'p'] },
    major: MAJOR,
    minor: MINOR,
    fileMode: UINT32,
    uid: ID,
    gid: ID,
  },
  check(device, place, report) {
    if (device.type === 'p') return
    for (const key of ['major', 'minor'] as const) {
      if (own(device, key) === undefined) report.problem({ up: place, key }, 'required, but missing')
    }
  },
}

/** `linux.devices`. @see runtime-spec config-linux.md "Devices"; mknod(2) */
export const DEVICES_SHAPE: ListShape<LinuxDevice> = { is: 'list', of: DEVICE }

const NET_DEVICE: ObjectShape<LinuxNetDevice> = { is: 'object', fields: { name: { is: 'text', rule: emptyOr(interfaceName) } } }

/** `linux.netDevices`, by name on the host; no two may get the same name. @see runtime-spec config-linux.md "Network Devices" */
export const NET_DEVICES_SHAPE: MapShape<LinuxNetDevice> = { is: 'map', key: interfaceName, of: NET_DEVICE, check: refuseSameNames }

function refuseSameNames(devices: Readonly<Record<string, LinuxNetDevice>>, place: Place, report: Report): void {
  const names = new Set<string>()
  for (const [key, device] of Object.entries(devices)) {
    const name = own(device, 'name') || key
    if (names.has(name)) report.problem({ up: place, key }, `another device gets the name ${name}`)
    names.add(name)
  }
}
