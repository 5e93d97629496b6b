/** Containers as Podman's own API describes them, one at a time and in lists. */

import { TeuError } from '@teu/spec'
import { type ContainerDocument, factsOf } from '../docker/container-document.ts'
import type { ContainerFacts, EngineRef } from '../picture/container.ts'

/** Label that holds the id of a container's pod. */
export const POD_ID_LABEL = 'dev.teu/podman.pod.id'

/** Label that marks the container that holds a pod's namespaces; its value is empty. */
export const POD_INFRA_LABEL = 'dev.teu/podman.pod.infra'

/** What `GET /libpod/containers/ID/json` has beside what Docker's has. */
export interface PodmanDocument extends ContainerDocument {
  readonly Pod?: string
  readonly IsInfra?: boolean
}

/** An item of `GET /libpod/containers/json`. Unlike Docker's it has everything. */
export interface PodmanListItem {
  readonly Id?: string
  readonly Names?: readonly string[] | null
  readonly Labels?: Readonly<Record<string, string>> | null
  readonly State?: string
  readonly Pid?: number
  readonly Pod?: string
  readonly IsInfra?: boolean
  /** Seconds since 1970. */
  readonly StartedAt?: number
}

/** @throws {NotAliveError} when there is no process
 *  @throws {TeuError} ERR_TEU_SYSTEM when it is no such document */
export function podmanFactsOf(document: PodmanDocument, engine: EngineRef): ContainerFacts {
  const facts = factsOf(document, engine)
  // Lists do not tell about privilege, and both have to say the same.
  return { ...facts, privileged: undefined, labels: withPod(facts.labels, document) }
}

/** Undefined when there is no process.
 *  @throws {TeuError} ERR_TEU_SYSTEM when it is no such item */
export function listedFactsOf(item: PodmanListItem, engine: EngineRef): ContainerFacts | undefined {
  const { Id: id, Names, Labels, State, Pid: pid, StartedAt } = item
  const name = Names?.[0]
  if (typeof id !== 'string' || typeof name !== 'string') {
    throw new TeuError('ERR_TEU_SYSTEM', `${engine.api} has listed a container without id or name`)
  }
  if (pid === undefined || pid <= 0) return undefined
  const startedAt = StartedAt === undefined || StartedAt <= 0 ? undefined : new Date(StartedAt * 1000)
  return { id, name, labels: withPod(Labels ?? {}, item), pid, paused: State === 'paused', startedAt, engine }
}

function withPod(
  labels: Readonly<Record<string, string>>,
  { Pod, IsInfra }: Pick<PodmanDocument, 'Pod' | 'IsInfra'>,
): Readonly<Record<string, string>> {
  if (Pod === undefined || Pod === '') return labels
  return { ...labels, [POD_ID_LABEL]: Pod, ...(IsInfra === true && { [POD_INFRA_LABEL]: '' }) }
}
