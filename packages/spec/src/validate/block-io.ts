import { MAJOR_MAX, MINOR_MAX } from './devices.ts'
import { type Fields, UINT64_MAX } from './fields.ts'

const LIMITS = ['throttleReadBpsDevice', 'throttleWriteBpsDevice', 'throttleReadIOPSDevice', 'throttleWriteIOPSDevice'] as const

/** Checks `linux.resources.blockIO`. @see runtime-spec config-linux.md "Block IO" */
export function checkBlockIO(io: Fields | undefined): void {
  if (io === undefined) return
  checkWeight(io, 'weight')
  checkWeight(io, 'leafWeight')
  for (const device of io.objects('weightDevice')) {
    checkNumbers(device)
    if (!device.has('weight') && !device.has('leafWeight')) device.problem('weight', 'required, because there is no leafWeight either')
    checkWeight(device, 'weight')
    checkWeight(device, 'leafWeight')
  }
  for (const key of LIMITS) {
    for (const device of io.objects(key)) {
      checkNumbers(device)
      device.require('rate')
      device.integer('rate', 0, UINT64_MAX)
    }
  }
}

function checkNumbers(device: Fields): void {
  device.require('major', 'minor')
  device.integer('major', 0, MAJOR_MAX)
  device.integer('minor', 0, MINOR_MAX)
}

function checkWeight(fields: Fields, key: string): void {
  const weight = fields.integer(key, 0, 1000)
  if (weight && weight < 10) fields.expected(key, 'an integer from 10 to 1000, or 0 for unset')
}
