/** The container's network devices. Pure. */

import type { Step } from '@teu/init'
import type { Spec } from '@teu/spec'
import { configError, pointerToken } from './config-error.ts'
import type { Namespaces } from './namespaces.ts'

/** Parent steps that move devices of the host into the container.
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID without a network namespace that is not the host's
 *  @see runtime-spec config-linux.md "Network Devices" */
export function planNetworkDevices(spec: Spec, namespaces: Namespaces): Step[] {
  return Object.entries(spec.linux?.netDevices ?? {}).map(([name, device]) => {
    const pointer = `/linux/netDevices/${pointerToken(name)}`
    if (!namespaces.isPrivate('network')) throw configError(pointer, 'moving a network device needs a network namespace of the container')
    return { op: 'move_netdev', name, newName: device.name || name, pointer }
  })
}

/** The loopback interface of a new network namespace is down; nobody else brings it up. */
export function planLoopback(namespaces: Namespaces): Step[] {
  return namespaces.isNew('network') ? [{ op: 'link_up', name: 'lo', pointer: namespaces.pointer('network') }] : []
}
