/** `linux.resources.blockIO` on cgroup v2. */

import type { LinuxBlockIO } from '@teu/spec'
import { deviceNumber, THROTTLES } from '../block-device.ts'
import { integer, MAX_UINT64 } from '../integer.ts'
import { type ResourceGroup, unsupported } from '../write.ts'

/** @see cgroup-v2.rst "IO Interface Files", block/bfq-iosched.rst */
export function compileIo(group: ResourceGroup<LinuxBlockIO>): void {
  compileWeights(group)
  compileRates(group)
}

function compileWeights(group: ResourceGroup<LinuxBlockIO>): void {
  const { value } = group
  if (value.leafWeight !== undefined) {
    throw unsupported('Cannot set blockIO.leafWeight: cgroup v2 does not have it', group.pointer('leafWeight'))
  }
  if (!group.asked('weight', 'weightDevice')) return
  const bfq = group.hasFile('io.bfq.weight')
  const file = bfq ? 'io.bfq.weight' : 'io.weight'
  const text = (weight: bigint): string => String(bfq ? weight : ioWeight(weight))
  if (group.asked('weight')) {
    const weight = value.weight === undefined ? '100' : text(integer(value.weight, group.pointer('weight'), 10n, 1000n))
    group.put('weight', file, weight, { initial: '100' })
  }
  if (!group.asked('weightDevice')) return
  const given = new Set<string>()
  for (const [index, device] of (value.weightDevice ?? []).entries()) {
    const at = `weightDevice/${index}`
    const number = deviceNumber(device, group.pointer(at))
    given.add(number)
    if (device.leafWeight !== undefined) {
      throw unsupported('Cannot set a leafWeight: cgroup v2 does not have it', group.pointer(`${at}/leafWeight`))
    }
    if (device.weight !== undefined) {
      group.put(at, file, `${number} ${text(integer(device.weight, group.pointer(`${at}/weight`), 10n, 1000n))}`)
    }
  }
  for (const device of group.old.weightDevice ?? []) {
    const number = deviceNumber(device, group.pointer('weightDevice'))
    if (!given.has(number)) group.put('weightDevice', file, `${number} default`)
  }
}

/** The range 10-1000 of the config, stretched over v2's 1-10000. */
export function ioWeight(weight: bigint): bigint {
  return 1n + ((weight - 10n) * 9999n) / 990n
}

/** One line of `io.max` for each device, with everything that is asked for it. */
function compileRates(group: ResourceGroup<LinuxBlockIO>): void {
  const lines = new Map<string, { at: string; keys: Map<string, string> }>()
  const set = (number: string, at: string, key: string, text: string): void => {
    const line = lines.get(number) ?? { at, keys: new Map<string, string>() }
    lines.set(number, line)
    line.keys.set(key, text)
  }
  for (const { member, key } of THROTTLES) {
    if (!group.asked(member)) continue
    for (const device of group.old[member] ?? []) set(deviceNumber(device, group.pointer(member)), member, key, 'max')
    for (const [index, device] of (group.value[member] ?? []).entries()) {
      const at = `${member}/${index}`
      const rate = integer(device.rate, group.pointer(`${at}/rate`), 0n, MAX_UINT64)
      set(deviceNumber(device, group.pointer(at)), at, key, rate === 0n ? 'max' : String(rate))
    }
  }
  for (const [number, { at, keys }] of lines) {
    group.put(at, 'io.max', `${number} ${Array.from(keys, ([key, text]) => `${key}=${text}`).join(' ')}`)
  }
}
