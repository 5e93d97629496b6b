/** What the commands for a daemon need of the process, loaded when there is such a command. */

import type { Console } from '../host/console.ts'
import type { HostConnector } from '../host/host.ts'

/** Tests give their own. */
export interface HostDoor {
  connector(): Promise<HostConnector>
  console(): Promise<Console>
}

/** The real one. */
export const hostDoor: HostDoor = {
  connector: async () => (await import('../host/installed-host.ts')).installedHost,
  console: async () => (await import('../host/process-console.ts')).processConsole,
}
