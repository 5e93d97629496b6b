/** Leases: what is made under one is safe from garbage collection until it ends. */

import { randomUUID } from 'node:crypto'
import { isTeuError } from '@teu/spec'
import { delay } from '../delay.ts'
import { withSuppressed } from '../error/suppressed.ts'
import { report } from '../report.ts'
import type { Services } from '../rpc/services.ts'
import { LABEL } from './content/label-blob.ts'

/** What a lease can hold beside what calls make under it. */
export interface Lease {
  readonly id: string
  /** The services, whose calls give what they make to this lease. */
  readonly services: Services
  /** Holds something that may be there already, and whatever it leads to. Nothing happens when it does not exist. */
  hold(type: 'content' | `snapshots/${string}`, id: string, signal?: AbortSignal): Promise<void>
}

/** A lease of a program that was killed ends by itself after this time. */
const EXPIRES_AFTER_MS = 24 * 60 * 60 * 1000
const CLEANUP_TIMEOUT_MS = 30_000
/** The pauses double: 3 seconds in all. */
const LAST_PAUSE_MS = 1_600

/**
 * Does something under a lease of its own, which is deleted at the end. After a failure that includes a garbage collection: when this
 * rejects, nothing of what the work made is left. A failing clean-up is added to the work's error as `suppressed`; alone it is reported.
 * @param purpose  becomes part of the lease's name
 */
export async function withLease<T>(services: Services, purpose: string, work: (lease: Lease) => Promise<T>): Promise<T> {
  const id = `teu-${purpose}-${randomUUID()}`
  const expires = new Date(Date.now() + EXPIRES_AFTER_MS).toISOString()
  let result: T
  try {
    await services.leases.create({ id, labels: { [LABEL.expire]: expires } })
    const held = services.withLease(id)
    result = await work({
      id,
      services: held,
      hold: async (type, name, signal) => {
        await services.leases.addResource({ id, resource: { id: name, type } }, { signal })
      },
    })
  } catch (error) {
    throw withSuppressed(error, await deleteLease(services, id, true))
  }
  // The work is done; what is left of the lease ends by itself.
  for (const error of await deleteLease(services, id, false)) report({ what: `delete lease ${id}`, error })
  return result
}

/**
 * The caller's signal must not reach this: whoever cancels wants it done more than ever. A daemon that is being restarted gets some time:
 * nobody else would remove the lease for a day.
 */
async function deleteLease(services: Services, id: string, sync: boolean): Promise<unknown[]> {
  for (let pauseMs = 100; ; pauseMs *= 2) {
    try {
      await services.leases.delete({ id, sync }, { timeoutMs: CLEANUP_TIMEOUT_MS })
      return []
    } catch (error) {
      if (isTeuError(error, 'ERR_TEU_NOT_FOUND')) return []
      if (!isTeuError(error, 'ERR_TEU_UNAVAILABLE') || pauseMs > LAST_PAUSE_MS) return [error]
      await delay(pauseMs)
    }
  }
}
