import type { Place } from '../place.ts'
import type { LinuxBlockIO, LinuxThrottleDevice, LinuxWeightDevice } from '../types/resources.ts'
import { MAJOR, MINOR } from './devices.ts'
import type { Report } from './report.ts'
import { type IntegerShape, type ListShape, type ObjectShape, own, UINT64 } from './shape.ts'

const MIN_WEIGHT = 10
const WEIGHT: IntegerShape = { is: 'integer', min: 0, max: 1000 }

const WEIGHT_DEVICE: ObjectShape<LinuxWeightDevice> = {
  is: 'object',
  required: ['major', 'minor'],
  fields: { major: MAJOR, minor: MINOR, weight: WEIGHT, leafWeight: WEIGHT },
  check(device, place, report) {
    checkWeights(device, place, report)
    if (own(device, 'weight') !== undefined || own(device, 'leafWeight') !== undefined) return
    report.problem({ up: place, key: 'weight' }, 'required, because there is no leafWeight either')
  },
}

const THROTTLE_DEVICE: ObjectShape<LinuxThrottleDevice> = {
  is: 'object',
  required: ['major', 'minor', 'rate'],
  fields: { major: MAJOR, minor: MINOR, rate: UINT64 },
}
const THROTTLES: ListShape<LinuxThrottleDevice> = { is: 'list', of: THROTTLE_DEVICE }

/** `linux.resources.blockIO`. @see runtime-spec config-linux.md "Block IO" */
export const BLOCK_IO_SHAPE: ObjectShape<LinuxBlockIO> = {
  is: 'object',
  fields: {
    weight: WEIGHT,
    leafWeight: WEIGHT,
    weightDevice: { is: 'list', of: WEIGHT_DEVICE },
    throttleReadBpsDevice: THROTTLES,
    throttleWriteBpsDevice: THROTTLES,
    throttleReadIOPSDevice: THROTTLES,
    throttleWriteIOPSDevice: THROTTLES,
  },
  check: checkWeights,
}

function checkWeights(
  fields: { weight?: number | undefined; leafWeight?: number | undefined },
  place: Place | undefined,
  report: Report,
): void {
  for (const key of ['weight', 'leafWeight'] as const) {
    const weight = own(fields, key) ?? 0
    if (weight > 0 && weight < MIN_WEIGHT) {
      report.problem({ up: place, key }, `expected an integer from ${MIN_WEIGHT} to 1000, or 0 for unset, got ${weight}`)
    }
  }
}
