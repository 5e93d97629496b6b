/** `linux.resources.rdma`; the file is the same in both versions. */

import type { LinuxRdma } from '@teu/spec'
import { integer } from './integer.ts'
import { invalid, pointerToken, type ResourceGroup } from './write.ts'

const MAX_UINT32 = 2n ** 32n - 1n

/** One write for each device. A device that an update no longer lists becomes unlimited.
 *  @see cgroup-v1/rdma.rst, cgroup-v2.rst "RDMA" */
export function compileRdma(group: ResourceGroup<Readonly<Record<string, LinuxRdma>>>): void {
  for (const [device, limits] of Object.entries(group.value)) {
    const at = pointerToken(device)
    // Blanks and newlines separate the parts of the line: a name with one would be read as a limit of another device.
    if (!/^[A-Za-z0-9_.:-]{1,64}$/.test(device)) {
      throw invalid(`linux.resources.rdma: ${JSON.stringify(device)} is not the name of a device`, group.pointer(at))
    }
    const parts = [device]
    for (const [member, key] of [
      ['hcaHandles', 'hca_handle'],
      ['hcaObjects', 'hca_object'],
    ] as const) {
      const value = limits[member]
      if (value !== undefined) parts.push(`${key}=${integer(value, group.pointer(`${at}/${member}`), 0n, MAX_UINT32)}`)
    }
    if (parts.length > 1) group.put(at, 'rdma.max', parts.join(' '))
  }
  for (const device of Object.keys(group.old)) {
    if (!Object.hasOwn(group.value, device)) group.put('', 'rdma.max', `${device} hca_handle=max hca_object=max`)
  }
}
