/** Leases: what is made under one is safe from garbage collection until it ends. */

import { randomUUID } from 'node:crypto'
import { isTeuError, TeuError, delay } from '@teu/spec'
import { withSuppressed } from './error/suppressed.ts'
import { report } from './report.ts'
import type { Services } from './rpc/services.ts'
import { LABEL } from './image/content/label-blob.ts'

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
const FIRST_PAUSE_MS = 100
/** The pauses double up to this one. */
const LAST_PAUSE_MS = 1_600

/** A lease that whoever took it has to give back. */
export interface TakenLease extends Lease {
  /** Ends it. Not to be cancelled. With `collect`, what was made under it is gone when this resolves.
   *  @returns the failures; it ends by itself then */
  release(options?: LeaseOptions): Promise<unknown[]>
}

/** How a lease ends. */
export interface LeaseOptions {
  /** With a garbage collection, also when all went well. */
  readonly collect?: boolean
}

/** Takes a lease, for what does not fit into {@link withLease}.
 *  @param purpose  becomes part of its name */
export async function takeLease(services: Services, purpose: string): Promise<TakenLease> {
  const id = `teu-${purpose}-${randomUUID()}`
  const expires = new Date(Date.now() + EXPIRES_AFTER_MS).toISOString()
  try {
    await services.leases.create({ id, labels: { [LABEL.expire]: expires } })
  } catch (error) {
    // An answer that was lost does not say that there is none.
    throw withSuppressed(error, await deleteLease(services, id, true))
  }
  return {
    id,
    services: services.withLease(id),
    hold: async (type, name, signal) => {
      await services.leases.addResource({ id, resource: { id: name, type } }, { signal })
    },
    release: ({ collect = false } = {}) => deleteLease(services, id, collect),
  }
}

/**
 * Does something under a lease of its own, which is deleted at the end. After a failure that includes a garbage collection: when this
 * rejects, nothing of what the work made is left. A failing clean-up is added to the work's error as `suppressed`; alone it is reported.
 */
export async function withLease<T>(
  services: Services,
  purpose: string,
  work: (lease: Lease) => Promise<T>,
  options: LeaseOptions = {},
): Promise<T> {
  const lease = await takeLease(services, purpose)
  let result: T
  try {
    result = await work(lease)
  } catch (error) {
    throw withSuppressed(error, await lease.release({ collect: true }))
  }
  // The work is done; what is left of the lease ends by itself.
  for (const error of await lease.release(options)) report({ what: `delete lease ${lease.id}`, error })
  return result
}

/**
 * The caller's signal must not reach this: whoever cancels wants it done more than ever. A daemon that is being restarted is waited for, as
 * long as cleaning up may take: nobody else would remove the lease for a day.
 */
async function deleteLease(services: Services, id: string, sync: boolean): Promise<unknown[]> {
  const end = performance.now() + services.cleanupTimeoutMs
  const leftMs = (): number => Math.max(1, Math.ceil(end - performance.now()))
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LAST_PAUSE_MS)) {
    try {
      await services.leases.delete({ id, sync }, { timeoutMs: leftMs() })
      return []
    } catch (error) {
      if (isTeuError(error, 'ERR_TEU_NOT_FOUND')) return []
      if (!isTeuError(error, 'ERR_TEU_UNAVAILABLE') || leftMs() <= pauseMs) return [left(id, error)]
      await delay(pauseMs)
    }
  }
}

function left(id: string, cause: unknown): unknown {
  if (!isTeuError(cause)) return cause
  const { code, message, operation, errno, path, remedy } = cause
  return new TeuError(code, `Cannot delete lease ${id}, which ends by itself within a day: ${message}`, {
    operation,
    errno,
    path,
    remedy,
    cause,
  })
}
