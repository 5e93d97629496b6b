/** What subscribers get to see. */

import type { LifecycleType } from '../engine-client.ts'
import type { Container, EngineRef } from '../picture/container.ts'

/** How the watcher learned of a change: from the engine's event, by comparing lists, or by folding several events into one for a
 *  subscriber that reads too slowly. */
export type EventSource = 'event' | 'sync' | 'coalesced'

/** Something has changed about a container. */
export interface ContainerEvent {
  /** `updated`: name or labels are different now. */
  readonly type: LifecycleType | 'updated'
  /** As it is now; for `exited` as it was last. */
  readonly container: Container
  /** As it was before; undefined for `started` and `exited`. */
  readonly previous: Container | undefined
  readonly engine: EngineRef
  /** By the engine's clock for `source: 'event'`, else by ours. */
  readonly timestamp: Date
  readonly source: EventSource
  /** For `exited`, when the engine has told: exit status, 128 + n when signal n ended the process. */
  readonly exitCode: number | undefined
  /** For subscribers with a filter: by this change the container has come into what the filter lets through, or has left it. It has
   *  neither been started nor has it ended by that; nothing more is told of one that has left. */
  readonly view?: 'entered' | 'left' | undefined
}

/** Something has changed about what the watcher can see. */
export interface ConnectionEvent {
  /** `lost`: the engine cannot be heard, and what is known may be out of date. `synced`: the picture is complete and true. */
  readonly type: 'lost' | 'synced'
  readonly engine: EngineRef
  readonly timestamp: Date
  readonly source: 'sync'
  /** For `lost`: why. */
  readonly error: unknown
}

export type WatchEvent = ContainerEvent | ConnectionEvent

/** True for events about a container. */
export function isContainerEvent(event: WatchEvent): event is ContainerEvent {
  return event.type !== 'lost' && event.type !== 'synced'
}
