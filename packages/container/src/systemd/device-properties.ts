/** Device rules as unit properties: cgroup v1 only. Pure.
 *
 *  On v1 systemd writes the device lists of its units again whenever it reloads its configuration, so it has to know them. On v2 it would
 *  attach a second program beside ours; there the container's own filter is enough, and systemd leaves it alone in a delegated cgroup. */

import type { LinuxDeviceCgroup } from '@teu/spec'
import { variant } from './dbus/value.ts'
import type { UnitProperty } from './manager.ts'

/** Compiles rules that come to "deny all, then allow these". Others cannot be said in properties: systemd is told to allow everything, and
 *  the device files of the cgroup hold what was asked.
 *  @param rules  in the order in which they apply
 *  @see systemd.resource-control(5) DeviceAllow */
export function deviceProperties(rules: readonly LinuxDeviceCgroup[]): UnitProperty[] {
  const begin = rules.findLastIndex(isForAll)
  const first = rules[begin]
  const rest = rules.slice(begin + 1)
  if (!first || first.allow || rest.some(({ allow }) => !allow)) return [['DevicePolicy', variant('s', 'auto')]]
  const entries = rest.flatMap((rule) => deviceSpecifiers(rule).map((device) => [device, rule.access || 'rwm']))
  return [
    ['DevicePolicy', variant('s', 'strict')],
    // Assigning an empty list forgets what was there; a second assignment adds.
    ['DeviceAllow', variant('a(ss)', [])],
    ['DeviceAllow', variant('a(ss)', entries)],
  ]
}

function isForAll({ type, major, minor, access }: LinuxDeviceCgroup): boolean {
  const everyAccess = access === undefined || access === '' || ['r', 'w', 'm'].every((letter) => access.includes(letter))
  return (type ?? 'a') !== 'c' && type !== 'b' && isAny(major) && isAny(minor) && everyAccess
}

function deviceSpecifiers({ type, major, minor }: LinuxDeviceCgroup): string[] {
  const kinds = type === 'c' ? ['char'] : type === 'b' ? ['block'] : ['char', 'block']
  return kinds.map((kind) => {
    if (isAny(major)) return `${kind}-*`
    // A major number in place of a group's name is understood since version 240.
    return isAny(minor) ? `${kind}-${major}` : `/dev/${kind}/${major}:${minor}`
  })
}

function isAny(number: number | undefined): boolean {
  return number === undefined || number < 0
}
