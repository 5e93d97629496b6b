/** Containers as containerd describes them: a record, which has the labels, and a task, which has the process. */

import type { ContainerRecord, ProcessInfo } from '@teu/containerd'
import { TeuError } from '@teu/spec'
import { readExitCode, readId, readPid } from '../answers/values.ts'
import { NotAliveError } from '../engine-client.ts'
import type { ContainerFacts, EngineRef } from '../picture/container.ts'
import { type ContainerKey, displayed, nameOf } from './names.ts'

/** What a packer is given. */
export interface ContainerdDetails {
  readonly namespace: string
  /** Undefined when somebody has deleted the record of a live task. */
  readonly record: ContainerRecord | undefined
  readonly task: ProcessInfo
}

/** `unknown`: the daemon cannot ask the shim. */
export type Liveness = 'alive' | 'ended' | 'unknown'

/** Pausing and paused are alive; created and stopped have no program that runs. A task that is said to be alive without a process that can
 *  be one is not known. */
export function livenessOf({ status, pid }: ProcessInfo): Liveness {
  if (status === 'created' || status === 'stopped') return 'ended'
  return status === 'unknown' || readPid(pid) === undefined ? 'unknown' : 'alive'
}

/** @throws {NotAliveError} when there is no process
 *  @throws {TeuError} ERR_TEU_RUNTIME when the daemon cannot tell, ERR_TEU_SYSTEM when it has no id */
export function factsOf(key: ContainerKey, { record, task }: ContainerdDetails, engine: EngineRef): ContainerFacts {
  const id = displayed(key.namespace, key.id)
  if (key.id === '' || readId(id) === undefined) {
    throw new TeuError('ERR_TEU_SYSTEM', `${engine.api} has described a container without an id that can be one`)
  }
  const liveness = livenessOf(task)
  if (liveness === 'unknown') {
    throw new TeuError('ERR_TEU_RUNTIME', `${engine.api} cannot tell the state of container "${id}": its shim does not answer`, {
      containerId: id,
    })
  }
  if (liveness === 'ended') throw new NotAliveError(id, readExitCode(task.exitCode))
  const labels = record?.labels ?? {}
  return { id, name: nameOf(key, labels), labels, pid: task.pid, paused: task.status !== 'running', engine }
}
