/** Readiness of a container that is started by a service manager (sd_notify(3)). */

import { TeuError } from '@teu/spec'
import type { LoadedRecord } from '../record/container-record.ts'
import { type ActContext, startAct } from './act.ts'

/** Listens for the container's READY before `start` lets it run, and resolves when the manager has been told.
 *  @param forward  the manager's socket, NOTIFY_SOCKET of the caller
 *  @param start  opens the gate
 *  @throws {TeuError} ERR_TEU_NOT_RUNNING when the container ends before it is ready */
export async function startAndNotify(
  context: ActContext,
  { paths, init }: LoadedRecord,
  forward: string,
  start: () => Promise<void>,
): Promise<void> {
  if (init === undefined)
    throw new TeuError('ERR_TEU_NOT_RUNNING', 'cannot start a container that has stopped', { containerId: context.containerId })
  let bound: () => void = () => undefined
  const listening = new Promise<void>((resolve) => (bound = resolve))
  const step = { op: 'notify_proxy', path: paths.notifySocket, forward, pid: init.pid, startTime: BigInt(init.startTime) } as const
  const proxy = startAct(context, [step], () => bound())
  await Promise.race([listening, proxy.finished])
  try {
    await start()
    await proxy.finished
  } catch (error) {
    proxy.release()
    throw error
  }
}
