/** The live containers of one namespace, in two calls: all tasks, then the records of those that are alive. */

import type { ContainerRecord, Services } from '@teu/containerd'
import { type ContainerdDetails, livenessOf } from './container-facts.ts'
import type { ContainerdModule } from './containerd-api.ts'

/** A container that is alive, or whose state the daemon cannot tell. */
export interface ListedTask {
  readonly id: string
  readonly details: ContainerdDetails
}

/** Up to this many records are asked for by their ids. Beyond it all are fetched: each has its whole config, but the daemon compares every
 *  record with every id. */
const MOST_ASKED_BY_ID = 32

/** Without deadlines, because the daemon waits two seconds for each shim that hangs; whoever has a subscription to events notices a daemon
 *  that does not answer. Tasks come first: a record that is made between the two calls is of no interest, whereas a task without its record
 *  would have neither name nor labels. */
export async function listNamespace(
  { containerRecord, processInfo }: ContainerdModule,
  allServices: Services,
  namespace: string,
  signal: AbortSignal | undefined,
): Promise<ListedTask[]> {
  const options = { signal, timeoutMs: 0 }
  const { containers, tasks } = allServices.withNamespace(namespace)
  const listed = (await tasks.list({}, options)).tasks.map((process) => ({ id: process.id, task: processInfo(process) }))
  const wanted = listed.filter(({ task }) => livenessOf(task) !== 'ended')
  if (wanted.length === 0) return []
  const filters = wanted.length > MOST_ASKED_BY_ID ? [] : wanted.map(({ id }) => `id==${JSON.stringify(id)}`)
  const ids = new Set(wanted.map(({ id }) => id))
  const records = new Map<string, ContainerRecord>()
  // As a stream: a thousand records with their configs may be more than fits into one message.
  for await (const { container } of containers.listStream({ filters }, options)) {
    if (container !== undefined && ids.has(container.id)) records.set(container.id, containerRecord(container))
  }
  return wanted.map(({ id, task }) => ({ id, details: { namespace, record: records.get(id), task } }))
}
