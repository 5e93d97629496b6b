/** `linux.resources.blockIO` on cgroup v1. */

import type { LinuxBlockIO } from '@teu/spec'
import { deviceNumber, THROTTLES } from '../block-device.ts'
import { integer, MAX_UINT64 } from '../integer.ts'
import { type ResourceGroup, unsupported } from '../write.ts'

/** Weights work with the bfq scheduler only: the one that also knew leaf weights left the kernel with 5.0.
 *  @see cgroup-v1/blkio-controller.rst, block/bfq-iosched.rst */
export function compileBlkio(group: ResourceGroup<LinuxBlockIO>): void {
  compileWeights(group)
  for (const { member, file } of THROTTLES) {
    if (!group.asked(member)) continue
    const given = new Set<string>()
    for (const [index, device] of (group.value[member] ?? []).entries()) {
      const at = `${member}/${index}`
      const number = deviceNumber(device, group.pointer(at))
      given.add(number)
      group.put(at, file, `${number} ${integer(device.rate, group.pointer(`${at}/rate`), 0n, MAX_UINT64)}`)
    }
    for (const device of group.old[member] ?? []) {
      const number = deviceNumber(device, group.pointer(member))
      if (!given.has(number)) group.put(member, file, `${number} 0`)
    }
  }
}

function compileWeights(group: ResourceGroup<LinuxBlockIO>): void {
  const { value } = group
  const prefix = group.hasFile('blkio.bfq.weight') ? 'blkio.bfq' : 'blkio'
  const leafless = (at: string): never => {
    throw unsupported('Cannot set a leafWeight: no kernel since 5.0 has it', group.pointer(at))
  }
  if (value.leafWeight !== undefined) leafless('leafWeight')
  if (group.asked('weight')) {
    const weight = value.weight === undefined ? 100n : integer(value.weight, group.pointer('weight'), 10n, 1000n)
    group.put('weight', `${prefix}.weight`, String(weight), { initial: '100' })
  }
  if (!group.asked('weightDevice')) return
  const given = new Set<string>()
  for (const [index, device] of (value.weightDevice ?? []).entries()) {
    const at = `weightDevice/${index}`
    const number = deviceNumber(device, group.pointer(at))
    given.add(number)
    if (device.leafWeight !== undefined) leafless(`${at}/leafWeight`)
    if (device.weight === undefined) continue
    const weight = integer(device.weight, group.pointer(`${at}/weight`), 10n, 1000n)
    group.put(at, `${prefix}.weight_device`, `${number} ${weight}`)
  }
  for (const device of group.old.weightDevice ?? []) {
    const number = deviceNumber(device, group.pointer('weightDevice'))
    if (!given.has(number)) group.put('weightDevice', `${prefix}.weight_device`, `${number} default`)
  }
}
