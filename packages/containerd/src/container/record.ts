/** Records of containers from the wire. */

import type { Spec } from '@teu/spec'
import { readJsonAny } from '../any.ts'
import type { Container } from '../gen/containerd/services/containers/v1/containers.gen.ts'
import { readTime } from '../time.ts'
import type { ContainerRecord } from '../types.ts'

/** A record as users see it. */
export function containerRecord(container: Container): ContainerRecord {
  const { id, labels, image, runtime, snapshotter, snapshotKey, extensions } = container
  const createdAt = readTime(container.createdAt)
  const updatedAt = readTime(container.updatedAt)
  const record = {
    id,
    labels,
    image,
    runtime: { name: runtime?.name ?? '', ...(runtime?.options === undefined ? {} : { options: runtime.options }) },
    snapshotter,
    snapshotKey,
    extensions,
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(updatedAt === undefined ? {} : { updatedAt }),
  }
  return container.spec === undefined ? record : withSpec(record, container)
}

/** Configs are most of what records are, and few who list records look at them: they are read when they are asked for. */
function withSpec(record: ContainerRecord, container: Container): ContainerRecord {
  let read: { readonly spec: unknown } | undefined
  const get = (): unknown => (read ??= { spec: readSpec(container) }).spec
  return Object.defineProperty(record, 'spec', { enumerable: true, get })
}

/** What another client has put there need be no JSON. */
function readSpec(container: Container): unknown {
  try {
    return readJsonAny(container.spec)
  } catch {
    return undefined
  }
}

/** The OCI config of a record; an empty one when there is none. */
export function specOf(container: Container): Partial<Spec> {
  const spec = readSpec(container)
  return typeof spec === 'object' && spec !== null ? spec : {}
}
