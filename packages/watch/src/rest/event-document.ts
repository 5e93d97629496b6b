/** Events as Docker's API sends them, and Podman's after it. */

import { isRecord, readExitCode, readId, readTime } from '../answers/values.ts'
import type { EngineEvent } from '../engine-client.ts'
import { COMPOSER_PROJECT_LABEL } from '../picture/container.ts'

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

const NS_PER_MS = 1e6

/** Names of all actions that mean something, for the engine's own filter. */
export const ACTIONS: readonly string[] = Object.keys(MEANING)

/** The engine's event; undefined for those that say nothing about life. One with a time that is none has happened now. */
export function decodeEvent(document: unknown): EngineEvent | undefined {
  if (!isRecord(document)) return undefined
  const { Type, Action, Actor, timeNano } = document
  const type = typeof Action === 'string' && Object.hasOwn(MEANING, Action) ? MEANING[Action] : undefined
  if (Type !== 'container' || typeof Action !== 'string' || type === undefined || !isRecord(Actor)) return undefined
  const id = readId(Actor['ID'])
  if (id === undefined) return undefined
  const attributes = isRecord(Actor['Attributes']) ? Actor['Attributes'] : {}
  const project = attributes[COMPOSER_PROJECT_LABEL]
  return {
    type,
    id,
    timestamp: (typeof timeNano === 'number' ? readTime(timeNano / NS_PER_MS) : undefined) ?? new Date(),
    project: typeof project === 'string' ? project : '',
    exitCode: Action.startsWith('die') ? exitCodeOf(attributes) : undefined,
  }
}

function exitCodeOf(attributes: Readonly<Record<string, unknown>>): number | undefined {
  // Docker has one, Podman the other.
  const text = attributes['exitCode'] ?? attributes['containerExitCode']
  return typeof text === 'string' && /^\d+$/.test(text) ? readExitCode(Number(text)) : undefined
}
