/**
 * Which members of the view are one engine.
 *
 *  - A socket is one engine, wherever it is mounted: device and inode are proof. Discovery sees to that.
 *  - An id is what the other side claims. Of the host's own engines it is believed: dockerd at its socket and at a port is shown once.
 *  - With anybody else the id counts only if the kernel says that the same process listens at both sockets. An engine that claims another
 *    one's id from a process of its own is shown beside it, and hides nobody.
 *
 * Of two that are one, the one that is trusted less leaves, whichever was there first; with equal trust the newcomer.
 */

import { isTrustedMore, type Trust } from '../discovery/trust.ts'
import type { EngineRef } from '../picture/container.ts'

/** What is known of a member. */
export interface Identity {
  readonly trust: Trust
  /** Process that listens, 0 when it is not known. */
  readonly pid: number
  /** What it says of itself; undefined before it has said anything. */
  readonly engine: EngineRef | undefined
  /** The id is that of the machine. */
  readonly idOfHost: boolean
}

/** Which of the two is superfluous; undefined when they are two engines, see the head of this file. */
export function superfluous(newcomer: Identity, other: Identity): 'newcomer' | 'other' | undefined {
  if (!claimSameId(newcomer, other)) return undefined
  const areHosts = newcomer.trust === 'host' && other.trust === 'host'
  const isSameProcess = newcomer.pid !== 0 && newcomer.pid === other.pid
  if (!areHosts && !isSameProcess) return undefined
  return isTrustedMore(newcomer.trust, other.trust) ? 'other' : 'newcomer'
}

function claimSameId({ engine: one, idOfHost }: Identity, { engine: other, idOfHost: otherOfHost }: Identity): boolean {
  if (one === undefined || other === undefined || idOfHost || otherOfHost) return false
  return one.id !== '' && one.id === other.id && one.type === other.type
}
