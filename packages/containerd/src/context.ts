/** What the parts of a client share. */

import type { KnownContainer } from './container/known-container.ts'
import type { Link } from './connection/link.ts'
import type { EventBroadcast } from './events/broadcast.ts'
import type { Deliveries } from './events/deliveries.ts'
import type { Services } from './rpc/services.ts'
import type { RuntimeRef } from './types.ts'
import type { UnderWay } from './under-way.ts'

/** Times in milliseconds. */
export interface Timing {
  /** How long an exit, and a deletion, wait for the output to be read. */
  readonly drainMs: number
  /** How long cleaning up after a failure may take; the caller's own deadline does not count for it. */
  readonly cleanupMs: number
  /** How long the answer of a `Wait` call leaves the event the precedence. */
  readonly graceMs: number
}

/** One client's state. */
export interface ClientContext {
  readonly services: Services
  readonly namespace: string
  readonly stateDir: string
  readonly runtime: RuntimeRef
  readonly timing: Timing
  readonly known: Map<string, KnownContainer>
  /** Containers that were deleted a moment ago: events of their last task may be on the way. */
  readonly departed: Map<string, KnownContainer>
  readonly broadcast: EventBroadcast
  readonly deliveries: Deliveries
  readonly link: Link
  readonly underWay: UnderWay
  /** Fires when the client is disposed, after what was under way. */
  readonly closed: AbortSignal
}

const contexts = new WeakMap<object, ClientContext>()

/** Lets the parts that only have the client find its state. */
export function keepContext(client: object, ctx: ClientContext): void {
  contexts.set(client, ctx)
}

/** The state of a client. */
export function contextOf(client: object): ClientContext {
  const ctx = contexts.get(client)
  if (ctx === undefined) throw new TypeError('This is no client of Containerd.connect')
  return ctx
}
