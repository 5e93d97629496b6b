/** `linux.resources.network`: cgroup v1 only. */

import type { LinuxNetwork } from '@teu/spec'
import { integer } from '../integer.ts'
import { invalid, type ResourceGroup } from '../write.ts'

const MAX_UINT32 = 2n ** 32n - 1n

/** @see cgroup-v1/net_cls.rst */
export function compileNetCls(group: ResourceGroup<LinuxNetwork>): void {
  if (!group.asked('classID')) return
  const { classID } = group.value
  const id = classID === undefined ? 0n : integer(classID, group.pointer('classID'), 0n, MAX_UINT32)
  group.put('classID', 'net_cls.classid', String(id), { initial: '0' })
}

/** @see cgroup-v1/net_prio.rst */
export function compileNetPrio(group: ResourceGroup<LinuxNetwork>): void {
  if (!group.asked('priorities')) return
  const given = new Set<string>()
  for (const [index, { name, priority }] of (group.value.priorities ?? []).entries()) {
    const at = `priorities/${index}`
    if (!/^[^\s/:]{1,15}$/.test(name) || name === '.' || name === '..') {
      throw invalid(
        `linux.resources.network.priorities[${index}].name: ${JSON.stringify(name)} is not the name of a network interface`,
        group.pointer(`${at}/name`),
      )
    }
    given.add(name)
    group.put(at, 'net_prio.ifpriomap', `${name} ${integer(priority, group.pointer(`${at}/priority`), 0n, MAX_UINT32)}`)
  }
  for (const { name } of group.old.priorities ?? []) {
    if (!given.has(name)) group.put('priorities', 'net_prio.ifpriomap', `${name} 0`)
  }
}
