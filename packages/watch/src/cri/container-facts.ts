/** Containers and pod sandboxes as CRI describes them. */

import { TeuError } from '@teu/spec'
import type {
  ContainerState,
  ContainerStatus,
  PodSandbox,
  PodSandboxMetadata,
  PodSandboxState,
  PodSandboxStatus,
} from '../gen/runtime/v1/runtime.gen.ts'
import { parseJson } from '../answers/parse-json.ts'
import { readId, readLabels, readName, readPid, readTime } from '../answers/values.ts'
import type { ContainerFacts, EngineRef } from '../picture/container.ts'

/** Label that marks a pod sandbox: the container that holds the namespaces of a pod. Its value is empty. */
export const CRI_SANDBOX_LABEL = 'io.kubernetes.sandbox'

/** What comes before the key of an annotation that is shown as a label. */
export const CRI_ANNOTATION_PREFIX = 'io.kubernetes.annotation/'

/** Labels that name the pod of a container. */
export const CRI_POD_NAME_LABEL = 'io.kubernetes.pod.name'
export const CRI_POD_NAMESPACE_LABEL = 'io.kubernetes.pod.namespace'
export const CRI_POD_UID_LABEL = 'io.kubernetes.pod.uid'

/** Label that names a container within its pod. */
export const CRI_CONTAINER_NAME_LABEL = 'io.kubernetes.container.name'

/** The generated constants are not imported here: they load the protobuf library. */
export const RUNNING: ContainerState = 1
export const EXITED: ContainerState = 2
export const UNKNOWN: ContainerState = 3
export const READY: PodSandboxState = 0

const NS_PER_MS = 1_000_000n

/** The initial process, out of the verbose part of a status: no standard, but containerd and CRI-O agree on it.
 *  @returns  0 when the engine says that there is none, undefined when it does not say */
export function pidOf(info: Readonly<Record<string, string>>): number | undefined {
  try {
    const { pid } = parseJson(info['info'] ?? '') as { pid?: unknown }
    return pid === 0 ? 0 : readPid(pid)
  } catch {
    return undefined
  }
}

/** Nanoseconds since 1970; undefined for those that stand for "not yet". */
export function dateOf(ns: bigint): Date | undefined {
  return readTime(Number(ns / NS_PER_MS))
}

/** The status of a container or sandbox, without which it cannot be described.
 *  @throws {TeuError} ERR_TEU_SYSTEM */
export function statusOf<S extends { readonly id: string }>(
  { status }: { readonly status?: S | undefined },
  id: string,
  address: string,
): S {
  if (status !== undefined && status.id === id && readId(id) !== undefined) return status
  throw new TeuError('ERR_TEU_SYSTEM', `${address} has described "${status?.id ?? ''}" when it was asked for container "${id}"`)
}

/** A container of a pod.
 *  @param sandbox  its pod; undefined when that has vanished meanwhile */
export function containerFacts(status: ContainerStatus, sandbox: PodSandbox | undefined, pid: number, engine: EngineRef): ContainerFacts {
  const name = readName(status.metadata?.name) ?? status.id
  const labels = labelsOf(status, [...podLabels(sandbox?.metadata), [CRI_CONTAINER_NAME_LABEL, name]])
  return { id: status.id, name, labels, pid, paused: false, startedAt: dateOf(status.startedAt), engine }
}

/** The container that is the sandbox itself. */
export function sandboxFacts(status: PodSandboxStatus, pid: number, engine: EngineRef): ContainerFacts {
  const { id } = status
  const labels = labelsOf(status, [...podLabels(status.metadata), [CRI_SANDBOX_LABEL, '']])
  return { id, name: id, labels, pid, paused: false, startedAt: dateOf(status.createdAt), engine }
}

type Label = readonly [key: string, value: string]

/** What we say goes before what a label of that name claims, and comes first, so that no other label takes its place where labels are too
 *  many. */
function labelsOf({ labels, annotations }: ContainerStatus | PodSandboxStatus, own: readonly Label[]): Record<string, string> {
  const theirs = Object.entries(readLabels(labels)).filter(([key]) => key !== CRI_SANDBOX_LABEL && !key.startsWith(CRI_ANNOTATION_PREFIX))
  const noted = Object.entries(annotations).map(([key, value]): Label => [`${CRI_ANNOTATION_PREFIX}${key}`, value])
  return Object.fromEntries([...own, ...theirs, ...noted, ...own])
}

function podLabels(pod: PodSandboxMetadata | undefined): Label[] {
  if (pod === undefined) return []
  return [
    [CRI_POD_NAME_LABEL, pod.name],
    [CRI_POD_NAMESPACE_LABEL, pod.namespace],
    [CRI_POD_UID_LABEL, pod.uid],
  ]
}
