/** What only some commands need: the process around them, and daemons and engines. Loaded when there is such a command. */

import type { Console } from '../host/console.ts'
import type { HostConnector } from '../host/host.ts'
import type { WatchDoor } from '../watch/watch-door.ts'

/** Tests give their own. */
export interface HostDoor {
  connector(): Promise<HostConnector>
  console(): Promise<Console>
  watching(): Promise<WatchDoor>
}

/** The real one. */
export const hostDoor: HostDoor = {
  connector: async () => (await import('../host/installed-host.ts')).installedHost,
  console: async () => (await import('../host/process-console.ts')).processConsole,
  watching: async () => (await import('../watch/installed-watch.ts')).installedWatch,
}
