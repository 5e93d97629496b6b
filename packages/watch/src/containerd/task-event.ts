/** Events of containerd's bus as events of containers. */

import type { DaemonEvent } from '@teu/containerd'
import { readExitCode, readId, readPid } from '../answers/values.ts'
import type { EngineEvent } from '../engine-client.ts'
import { displayed } from './names.ts'
import type { NamespaceRules } from './namespace-rules.ts'

/** Topics and what they mean. `/tasks/delete` follows `/tasks/exit`; it counts for a task whose end was not heard. */
const MEANING: Readonly<Record<string, EngineEvent['type']>> = {
  '/tasks/start': 'started',
  '/tasks/exit': 'exited',
  '/tasks/delete': 'exited',
  '/tasks/paused': 'paused',
  '/tasks/resumed': 'unpaused',
  '/containers/update': 'updated',
}

/** For the daemon's own filter. Without quotes the slash would be an error. */
export const FILTERS: readonly string[] = Object.keys(MEANING).map((topic) => `topic=="${topic}"`)

/** Undefined for what says nothing about the life of a container: an `exec`, which ends with `/tasks/exit` too, and namespaces that are not
 *  watched. */
export function engineEventOf(event: DaemonEvent, rules: NamespaceRules): EngineEvent | undefined {
  const { namespace, topic, timestamp, containerId, execId, exitCode, pid } = event
  const type = Object.hasOwn(MEANING, topic) ? MEANING[topic] : undefined
  if (type === undefined || execId !== '' || containerId === '' || !rules.includes(namespace)) return undefined
  const id = readId(displayed(namespace, containerId))
  if (id === undefined) return undefined
  return type === 'exited' ? { type, id, timestamp, pid: readPid(pid) ?? 0, exitCode: readExitCode(exitCode) } : { type, id, timestamp }
}
