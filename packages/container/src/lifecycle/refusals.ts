/** Illegal transitions, worded with the phrases that engines look for. */

import { TeuError } from '@teu/spec'
import type { Status } from '../types.ts'

/** True while init is alive and set up. */
export function isLive(status: Status): boolean {
  return status === 'created' || status === 'running' || status === 'pausing' || status === 'paused'
}

/** ERR_TEU_BUSY: the creator is at work. */
export function busy(containerId: string): TeuError {
  return new TeuError('ERR_TEU_BUSY', `container "${containerId}" is being created by another process`, { containerId })
}

/** `phrase` is what the command line has to say for this operation. */
export function notRunning(containerId: string, phrase: string): TeuError {
  return new TeuError('ERR_TEU_NOT_RUNNING', phrase, { containerId })
}

/** ERR_TEU_ALREADY_RUNNING: `start` of a started container. */
export function alreadyRunning(containerId: string): TeuError {
  return new TeuError('ERR_TEU_ALREADY_RUNNING', 'cannot start an already running container', { containerId })
}

/** @throws {TeuError} ERR_TEU_BUSY while the creator is at work */
export function refuseBusy(status: Status, containerId: string): void {
  if (status === 'creating') throw busy(containerId)
}

/** What `destroy` without `force` may not remove.
 *  @throws {TeuError} ERR_TEU_BUSY, ERR_TEU_RUNNING, ERR_TEU_PAUSED */
export function refuseDestroy(status: Status, containerId: string): void {
  refuseBusy(status, containerId)
  const details = { containerId, operation: 'delete', from: status, remedy: 'Stop it first, or use force' }
  const message = `cannot delete container ${containerId} that is not stopped: ${status === 'pausing' ? 'running' : status}`
  if (status === 'running') throw new TeuError('ERR_TEU_RUNNING', message, details)
  if (status === 'paused' || status === 'pausing') throw new TeuError('ERR_TEU_PAUSED', message, details)
}
