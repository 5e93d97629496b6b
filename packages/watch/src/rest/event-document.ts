/** Events as Docker's API sends them, and Podman's after it. */

import type { EngineEvent } from '../engine-client.ts'
import { COMPOSER_PROJECT_LABEL } from '../picture/container.ts'

/** The part of an event document that is used. */
interface EventDocument {
  readonly Type?: string
  readonly Action?: string
  readonly Actor?: { readonly ID?: string; readonly Attributes?: Readonly<Record<string, string>> }
  readonly timeNano?: number
}

/** Actions and what they mean. Whole words only: the processes of `exec` have `exec_start: sh` and the like. `destroy` and `remove` come
 *  after `die`; they count for a container whose end was not heard. */
const MEANING: Readonly<Record<string, EngineEvent['type']>> = {
  start: 'started',
  die: 'exited',
  died: 'exited',
  destroy: 'exited',
  remove: 'exited',
  pause: 'paused',
  unpause: 'unpaused',
  rename: 'updated',
}

/** Names of all actions that mean something, for the engine's own filter. */
export const ACTIONS: readonly string[] = Object.keys(MEANING)

/** The engine's event; undefined for those that say nothing about life. */
export function decodeEvent(document: unknown): EngineEvent | undefined {
  const { Type, Action = '', Actor, timeNano } = document as EventDocument
  const id = Actor?.ID
  const type = Object.hasOwn(MEANING, Action) ? MEANING[Action] : undefined
  if (Type !== 'container' || type === undefined || typeof id !== 'string' || id === '') return undefined
  const attributes = Actor?.Attributes ?? {}
  return {
    type,
    id,
    timestamp: typeof timeNano === 'number' ? new Date(timeNano / 1e6) : new Date(),
    project: attributes[COMPOSER_PROJECT_LABEL] ?? '',
    exitCode: Action.startsWith('die') ? exitCodeOf(attributes) : undefined,
  }
}

function exitCodeOf(attributes: Readonly<Record<string, string>>): number | undefined {
  // Docker has one, Podman the other.
  const text = attributes['exitCode'] ?? attributes['containerExitCode']
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
}
