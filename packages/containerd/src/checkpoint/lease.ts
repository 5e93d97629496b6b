/** Leases: what is made under one stays until it goes. */

import { randomUUID } from 'node:crypto'
import type { ClientContext } from '../context.ts'
import { report } from '../report.ts'
import type { Services } from '../rpc/services.ts'

/** A program that dies leaves its lease behind; the daemon removes it after this time. */
const LIFETIME_MS = 24 * 60 * 60 * 1000

/** A lease, and the services that work under it. */
export interface Lease {
  readonly services: Services
  /** Gives up what was made under it. A failure is only reported: it expires by itself. */
  release(): Promise<void>
}

/** Takes a lease. */
export async function takeLease(ctx: ClientContext, signal?: AbortSignal): Promise<Lease> {
  const id = `teu-${randomUUID()}`
  const expiry = new Date(Date.now() + LIFETIME_MS).toISOString().replace(/\.\d+Z$/, 'Z')
  await ctx.services.leases.create({ id, labels: { 'containerd.io/gc.expire': expiry } }, { signal })
  return {
    services: ctx.services.withLease(id),
    async release() {
      try {
        // With the garbage collection: a daemon that still has the images of one checkpoint refuses to write the same ones again.
        await ctx.services.leases.delete({ id, sync: true })
      } catch (error) {
        report({ what: `delete lease ${id}`, error })
      }
    },
  }
}
