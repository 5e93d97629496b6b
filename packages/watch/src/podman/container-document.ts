/** Containers as Podman's own API describes them, one at a time and in lists. */

import { isRecord, readId, readLabels, readName, readTime } from '../answers/values.ts'
import { factsOf, pidOrNone, undescribed } from '../docker/container-document.ts'
import type { ContainerFacts, EngineRef } from '../picture/container.ts'

/** Label that holds the id of a container's pod. */
export const POD_ID_LABEL = 'dev.teu/podman.pod.id'

/** Label that marks the container that holds a pod's namespaces; its value is empty. */
export const POD_INFRA_LABEL = 'dev.teu/podman.pod.infra'

/** What both kinds of documents tell about the pod. */
interface PodFacts {
  readonly Pod?: unknown
  readonly IsInfra?: unknown
}

/** The part of an item of `GET /libpod/containers/json` that is used. Unlike Docker's it has everything; nothing need be what it should be. */
interface PodmanListItem extends PodFacts {
  readonly Id?: unknown
  readonly Names?: unknown
  readonly Labels?: unknown
  readonly State?: unknown
  readonly Pid?: unknown
  /** Seconds since 1970. */
  readonly StartedAt?: unknown
}

/** Facts of `GET /libpod/containers/ID/json`.
 *  @throws {NotAliveError} when there is no process
 *  @throws {TeuError} ERR_TEU_SYSTEM when it is no such document */
export function podmanFactsOf(document: unknown, engine: EngineRef): ContainerFacts {
  const facts = factsOf(document, engine)
  // Lists do not tell about privilege, and both have to say the same.
  return { ...facts, privileged: undefined, labels: withPod(facts.labels, isRecord(document) ? document : {}) }
}

/** Undefined when there is no process.
 *  @throws {TeuError} ERR_TEU_SYSTEM when it is no such item */
export function listedFactsOf(item: unknown, engine: EngineRef): ContainerFacts | undefined {
  const { Id, Names, Labels, State, Pid, StartedAt, ...pod }: PodmanListItem = isRecord(item) ? item : {}
  const id = readId(Id)
  const name = Array.isArray(Names) ? readName(Names[0]) : undefined
  if (id === undefined || name === undefined) throw undescribed(engine, 'id or name')
  const pid = pidOrNone(Pid)
  if (pid === undefined) throw undescribed(engine, 'a process that can be one', id)
  if (pid === 0) return undefined
  const startedAt = typeof StartedAt === 'number' ? readTime(StartedAt * 1000) : undefined
  return { id, name, labels: withPod(readLabels(Labels), pod), pid, paused: State === 'paused', startedAt, engine }
}

/** What we say goes before what a label claims, and comes first, so that no other label takes its place where labels are too many. */
function withPod(labels: Readonly<Record<string, string>>, { Pod, IsInfra }: PodFacts): Readonly<Record<string, string>> {
  const pod = readId(Pod)
  if (pod === undefined) return labels
  const own = { [POD_ID_LABEL]: pod, ...(IsInfra === true && { [POD_INFRA_LABEL]: '' }) }
  return { ...own, ...labels, ...own }
}
