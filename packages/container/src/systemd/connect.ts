/** The way to the systemd that owns the units of containers. */

import { isTeuError, TeuError } from '@teu/spec'
import { DBusError } from './dbus/connection.ts'
import { SystemdManager } from './manager.ts'

/** Connects, and has systemd answer once.
 *  @param user  the manager of this user in place of the machine's
 *  @throws {TeuError} ERR_TEU_UNSUPPORTED when there is none; ERR_TEU_TIMEOUT; the signal's reason */
export async function connectSystemd(user: boolean, signal?: AbortSignal): Promise<SystemdManager> {
  let manager: SystemdManager | undefined
  try {
    manager = await SystemdManager.open({ user, signal })
    // A message bus may well be there without systemd.
    await manager.version({ signal })
    return manager
  } catch (cause) {
    manager?.close()
    if (!(cause instanceof DBusError) && !isTeuError(cause, 'ERR_TEU_SYSTEM')) throw cause
    const isAway = isTeuError(cause) && cause.path !== undefined && cause.errno !== undefined
    const reason = isAway ? `connect to ${cause.path} failed with ${cause.errno}` : cause.message
    const whose = user ? "this user's systemd" : 'systemd'
    throw new TeuError('ERR_TEU_UNSUPPORTED', `Cannot use the systemd cgroup manager: ${whose} does not answer: ${reason}`, {
      cause,
      remedy: user
        ? 'Set XDG_RUNTIME_DIR to the directory of a session whose systemd runs (loginctl enable-linger), or use the cgroupfs manager'
        : 'Run where systemd is process 1 and D-Bus is up, or use the cgroupfs manager',
    })
  }
}
