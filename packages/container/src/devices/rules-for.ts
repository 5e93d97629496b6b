/** Which devices a container may use. */

import type { LinuxDeviceCgroup, Spec } from '@teu/spec'

/** What every container may use, whatever its configuration denies: the nodes of the runtime specification and its own terminals
 *  (5:2 opens them, 136 are they). Making a node needs CAP_MKNOD as well, and does not yet allow its use.
 *
 *  The same list as runc's since 1.2: the system console 5:1 is not on it (`/dev/console` is one of the container's terminals), and
 *  neither is 10:200, with which a container could make network interfaces.
 *  @see runtime-spec config-linux.md "Default Devices" */
const ALWAYS_ALLOWED: readonly LinuxDeviceCgroup[] = [
  { allow: true, type: 'c', access: 'm' },
  { allow: true, type: 'b', access: 'm' },
  { allow: true, type: 'c', major: 1, minor: 3, access: 'rwm' },
  { allow: true, type: 'c', major: 1, minor: 5, access: 'rwm' },
  { allow: true, type: 'c', major: 1, minor: 7, access: 'rwm' },
  { allow: true, type: 'c', major: 1, minor: 8, access: 'rwm' },
  { allow: true, type: 'c', major: 1, minor: 9, access: 'rwm' },
  { allow: true, type: 'c', major: 5, minor: 0, access: 'rwm' },
  { allow: true, type: 'c', major: 5, minor: 2, access: 'rwm' },
  { allow: true, type: 'c', major: 136, access: 'rwm' },
]

/** The device rules of a container: those of its configuration, in their order, then what is always allowed. Without any in the
 *  configuration everything else is denied. Pure.
 *  @see runtime-spec config-linux.md "Allowed Device list" */
export function deviceRulesFor(spec: Spec): readonly LinuxDeviceCgroup[] {
  return [...(spec.linux?.resources?.devices ?? []), ...ALWAYS_ALLOWED]
}
