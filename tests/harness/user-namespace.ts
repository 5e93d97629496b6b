/** Containers with a user namespace. */

import type { Config } from './base-config.ts'
import { giveTree } from './bundle.ts'

/** A user namespace that maps container ids 0-65535 to uids 100000-165535 and gids 200000-265535 on the host. */
export function withUserNamespace(config: Config, rootfs: string): void {
  config.linux.namespaces?.push({ type: 'user' })
  config.linux.uidMappings = [{ containerID: 0, hostID: 100_000, size: 65_536 }]
  config.linux.gidMappings = [{ containerID: 0, hostID: 200_000, size: 65_536 }]
  giveTree(rootfs, 100_000, 200_000)
}
