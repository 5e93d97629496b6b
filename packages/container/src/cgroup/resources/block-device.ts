/** Per-device lists of `linux.resources.blockIO`. */

import type { Integer } from '@teu/spec'
import { integer } from './integer.ts'

const MAX_UINT32 = 2n ** 32n - 1n

interface BlockDevice {
  readonly major: Integer
  readonly minor: Integer
}

/** `major:minor`, as cgroup files name block devices.
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID */
export function deviceNumber(device: BlockDevice, pointer: string): string {
  const part = (member: 'major' | 'minor'): bigint => integer(device[member], `${pointer}/${member}`, 0n, MAX_UINT32)
  return `${part('major')}:${part('minor')}`
}

/** The four lists of rates, the key of each in v2's `io.max` and its file in v1. */
export const THROTTLES = [
  { member: 'throttleReadBpsDevice', key: 'rbps', file: 'blkio.throttle.read_bps_device' },
  { member: 'throttleWriteBpsDevice', key: 'wbps', file: 'blkio.throttle.write_bps_device' },
  { member: 'throttleReadIOPSDevice', key: 'riops', file: 'blkio.throttle.read_iops_device' },
  { member: 'throttleWriteIOPSDevice', key: 'wiops', file: 'blkio.throttle.write_iops_device' },
] as const
