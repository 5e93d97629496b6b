/** Operations on a process that never wait for others of the same container. */

import { signalNumber, TeuError, abortable } from '@teu/spec'
import type { ClientContext } from '../context.ts'
import { attempt } from '../error/refine.ts'
import { checkIdentifier, execIdOf } from '../identifiers.ts'
import { closeIo } from './open-stdio.ts'

const MAX_TERMINAL_SIDE = 0xffff

/** Sends a signal.
 *  @param options.all  to every process of the container; only with the first process
 *  @throws {TeuError} ERR_TEU_NOT_FOUND when the process has ended, ERR_TEU_INVALID_STATE for an exec that has not started */
export async function signalProcess(
  ctx: ClientContext,
  id: string,
  processId: string,
  signal: string | number,
  options: { all?: boolean; signal?: AbortSignal },
): Promise<void> {
  checkNames(id, processId)
  const number = signalNumber(signal)
  if (number === 0) throw new TeuError('ERR_TEU_USAGE', `Cannot signal container "${id}": there is no signal 0 here`, { containerId: id })
  const { all = false } = options
  const execId = execIdOf(id, processId)
  if (all && execId !== '') {
    throw new TeuError('ERR_TEU_USAGE', `Cannot signal process "${execId}" of container "${id}": all is for the first process`, {
      containerId: id,
    })
  }
  await attempt(ctx, { name: 'signal', containerId: id, processId }, () =>
    ctx.services.tasks.kill({ containerId: id, execId, signal: number, all }, { signal: options.signal }),
  )
}

/** Sets the size of a terminal, in characters. Without a terminal, and after the end, it does nothing.
 *  @throws {RangeError} for sides that are no integers from 0 to 65535 */
export async function resizeTerminal(
  ctx: ClientContext,
  id: string,
  processId: string,
  size: { readonly columns: number; readonly rows: number },
  signal?: AbortSignal,
): Promise<void> {
  checkNames(id, processId)
  for (const [side, value] of Object.entries({ columns: size.columns, rows: size.rows })) {
    const isInRange = Number.isInteger(value) && value >= 0 && value <= MAX_TERMINAL_SIDE
    if (!isInRange) throw new RangeError(`resizeTerminal: ${side} must be an integer from 0 to ${MAX_TERMINAL_SIDE}, got ${String(value)}`)
  }
  const request = { containerId: id, execId: execIdOf(id, processId), width: size.columns, height: size.rows }
  await attempt(ctx, { name: 'resizeTerminal', containerId: id, processId }, () => ctx.services.tasks.resizePty(request, { signal }))
}

/** Makes the shim close its end of an input, after the call that starts the process. While this client's own end is open the program sees no
 *  end of its input: end that stream instead, which does both. Without an input it does nothing. */
export async function closeStdin(ctx: ClientContext, id: string, processId: string, signal?: AbortSignal): Promise<void> {
  checkNames(id, processId)
  // An exec that has not started would never hear of it.
  const inFlight = ctx.known.get(id)?.current(processId)?.inFlight
  if (inFlight !== undefined) await abortable(inFlight, signal)
  await attempt(ctx, { name: 'closeStdin', containerId: id, processId }, () => closeIo(ctx, id, processId, signal))
}

function checkNames(id: string, processId: string): void {
  checkIdentifier('container ID', id)
  checkIdentifier('process ID', processId)
}
