/** Engines as they are at one moment. */

import type { Container, MergedWatcher, WatcherState } from '@teu/watch'
import { messageOf } from '../event-document.ts'
import { engineName } from './row.ts'

/** One engine. */
export interface EngineFacts {
  /** `docker`, `podman`. */
  readonly name: string
  /** Empty until it is known. */
  readonly version: string
  readonly address: string
  /** `connecting`: not heard yet. `lost`: cannot be heard. */
  readonly state: 'watching' | 'connecting' | 'lost'
  /** Why it cannot be heard. */
  readonly reason: string | undefined
  readonly containers: number
}

/** Those that are watched, in the order in which they were found.
 *  @param versions  by address
 *  @param containers  those that count */
export function engineFacts(
  watchers: MergedWatcher['watchers'],
  versions: ReadonlyMap<string, string>,
  containers: Iterable<Container>,
): EngineFacts[] {
  const counts = new Map<string, number>()
  for (const { engine } of containers) counts.set(engine.api, (counts.get(engine.api) ?? 0) + 1)
  return watchers.map(({ type, api, state, lastError }) => ({
    name: engineName(type),
    version: versions.get(api) ?? '',
    address: api,
    state: stateOf(state, lastError),
    reason: lastError === undefined ? undefined : messageOf(lastError),
    containers: counts.get(api) ?? 0,
  }))
}

/** Between two attempts it is as lost as before. */
function stateOf(state: WatcherState, lastError: unknown): EngineFacts['state'] {
  if (state === 'watching') return 'watching'
  return lastError === undefined ? 'connecting' : 'lost'
}
