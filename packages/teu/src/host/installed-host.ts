/** The real {@link HostConnector}. The client and its gRPC library are loaded when a command has asked for the daemon: help and a mistake on
 *  the line do not. */

import type { HostConnector } from './host.ts'

/** The client that is installed beside the command line. */
export const installedHost: HostConnector = {
  connect: async (options) => (await import('./containerd-host.ts')).ContainerdHost.connect(options),
}
