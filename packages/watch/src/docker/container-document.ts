/** Containers as `GET /containers/ID/json` describes them. */

import { TeuError } from '@teu/spec'
import { isRecord, readExitCode, readId, readLabels, readName, readPid, readTime } from '../answers/values.ts'
import { NotAliveError } from '../engine-client.ts'
import type { ContainerFacts, EngineRef } from '../picture/container.ts'

/** The part of the document that is used. Nothing in it need be what it should be. */
interface ContainerDocument {
  readonly Id?: unknown
  readonly Name?: unknown
  readonly Config?: unknown
  readonly State?: unknown
  readonly HostConfig?: unknown
}

/** @throws {NotAliveError} when there is no process
 *  @throws {TeuError} ERR_TEU_SYSTEM when it is no such document, as a whole or in what cannot be done without: nobody knows what is true
 *    then, and a container that were left out would read as one that is gone */
export function factsOf(document: unknown, engine: EngineRef): ContainerFacts {
  const { Id, Name, Config, State, HostConfig }: ContainerDocument = isRecord(document) ? document : {}
  const id = readId(Id)
  const name = typeof Name === 'string' ? readName(Name.replace(/^\//, '')) : undefined
  if (id === undefined || name === undefined || !isRecord(State)) throw undescribed(engine, 'id, name or state')
  const pid = pidOrNone(State['Pid'])
  if (pid === undefined) throw undescribed(engine, 'a process that can be one', id)
  if (pid === 0) throw new NotAliveError(id, exitCodeOf(State))
  const privileged = isRecord(HostConfig) ? HostConfig['Privileged'] : undefined
  return {
    id,
    name,
    labels: readLabels(isRecord(Config) ? Config['Labels'] : undefined),
    pid,
    paused: State['Paused'] === true,
    startedAt: readTime(State['StartedAt']),
    privileged: typeof privileged === 'boolean' ? privileged : undefined,
    engine,
  }
}

/** The initial process; 0 when the engine says, or leaves it out, that there is none, undefined for what is no number of a process. */
export function pidOrNone(value: unknown): number | undefined {
  return value === undefined || value === 0 || value === -1 ? 0 : readPid(value)
}

/** The error for a container whose description lacks something. */
export function undescribed({ api }: EngineRef, what: string, containerId?: string): TeuError {
  return new TeuError('ERR_TEU_SYSTEM', `${api} has described a container without ${what}`, { containerId })
}

/** Exit status of the last process. One that has never run is described with 0, too, but with no time of its end. */
function exitCodeOf({ ExitCode, FinishedAt }: Readonly<Record<string, unknown>>): number | undefined {
  return readTime(FinishedAt) === undefined ? undefined : readExitCode(ExitCode)
}
