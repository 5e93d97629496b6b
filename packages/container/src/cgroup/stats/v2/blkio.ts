/** Block I/O from cgroup v2. */

import { parseNested, present, readText, toCount } from '../file.ts'
import { readPressure } from '../pressure.ts'
import type { BlkioEntry, BlkioStats } from '../types.ts'

const BYTES: Readonly<Record<string, string>> = { rbytes: 'Read', wbytes: 'Write', dbytes: 'Discard' }
const OPERATIONS: Readonly<Record<string, string>> = { rios: 'Read', wios: 'Write', dios: 'Discard' }

/** @see cgroup-v2.rst "io.stat" */
export function readBlkioV2(directory: string): BlkioStats | undefined {
  const devices = parseNested(readText(directory, 'io.stat'))
  const psi = readPressure(directory, 'io.pressure')
  if (devices === undefined) return present<BlkioStats>({ psi })
  const serviceBytes: BlkioEntry[] = []
  const serviced: BlkioEntry[] = []
  const cost: BlkioEntry[] = []
  for (const [device, pairs] of devices) {
    const [major = Number.NaN, minor = Number.NaN] = device.split(':').map(Number)
    for (const [key, text] of pairs) {
      const value = toCount(text)
      if (value === undefined) continue
      if (Object.hasOwn(BYTES, key)) serviceBytes.push({ major, minor, op: BYTES[key] ?? '', value })
      else if (Object.hasOwn(OPERATIONS, key)) serviced.push({ major, minor, op: OPERATIONS[key] ?? '', value })
      else if (key.startsWith('cost.')) cost.push({ major, minor, op: key, value })
    }
  }
  return present<BlkioStats>({ serviceBytes, serviced, cost: cost.length > 0 ? cost : undefined, psi })
}
