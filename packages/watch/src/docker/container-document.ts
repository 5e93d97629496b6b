/** Containers as `GET /containers/ID/json` describes them. */

import { TeuError } from '@teu/spec'
import { NotAliveError } from '../engine-client.ts'
import type { ContainerFacts, EngineRef } from '../picture/container.ts'

/** The part of the document that is used. */
export interface ContainerDocument {
  readonly Id?: string
  readonly Name?: string
  readonly Config?: { readonly Labels?: Readonly<Record<string, string>> | null }
  readonly State?: {
    readonly Pid?: number
    readonly Paused?: boolean
    readonly ExitCode?: number
    readonly StartedAt?: string
    readonly FinishedAt?: string
  }
  readonly HostConfig?: { readonly Privileged?: boolean }
}

/** @throws {NotAliveError} when there is no process
 *  @throws {TeuError} ERR_TEU_SYSTEM when it is no such document */
export function factsOf(document: ContainerDocument, engine: EngineRef): ContainerFacts {
  const { Id: id, Name: slashName, Config, State, HostConfig } = document
  if (typeof id !== 'string' || typeof slashName !== 'string' || State === undefined) {
    throw new TeuError('ERR_TEU_SYSTEM', `${engine.api} has described a container without id, name or state`)
  }
  if (State.Pid === undefined || State.Pid <= 0) throw new NotAliveError(id, exitCodeOf(State))
  return {
    id,
    name: slashName.replace(/^\//, ''),
    labels: Config?.Labels ?? {},
    pid: State.Pid,
    paused: State.Paused === true,
    startedAt: dateOf(State.StartedAt),
    privileged: HostConfig?.Privileged,
    engine,
  }
}

/** Exit status of the last process. One that has never run is described with 0, too, but with no time of its end. */
function exitCodeOf({ ExitCode, FinishedAt }: NonNullable<ContainerDocument['State']>): number | undefined {
  return dateOf(FinishedAt) === undefined ? undefined : ExitCode
}

/** The year 1 stands for never. */
function dateOf(text: string | undefined): Date | undefined {
  const date = new Date(text ?? '')
  return Number.isNaN(date.getTime()) || date.getTime() <= 0 ? undefined : date
}
