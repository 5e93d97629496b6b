/** Events of all namespaces, for those who watch a whole daemon. */

import { readProtobufAny } from '../any.ts'
import { ContainerCreateSchema, ContainerDeleteSchema, ContainerUpdateSchema } from '../gen/containerd/events/events.gen.ts'
import type { Envelope } from '../gen/containerd/types/types.gen.ts'
import { readTime } from '../time.ts'
import { INIT_PROCESS } from '../types.ts'
import { decodeTaskEvent } from './decode.ts'

/** What the daemon has said about a task or a record. */
export interface DaemonEvent {
  readonly namespace: string
  /** `/tasks/start`, `/containers/update` … */
  readonly topic: string
  /** By the daemon's clock. */
  readonly timestamp: Date
  readonly containerId: string
  /** Empty for the container's first process, and for events about records. */
  readonly execId: string
  /** 0 when the daemon did not say. */
  readonly pid: number
  /** Of `/tasks/exit` and `/tasks/delete`. */
  readonly exitCode: number | undefined
}

/** By topic: the message that names the record in its field `id`. */
const RECORD_SCHEMAS: Readonly<
  Record<string, typeof ContainerCreateSchema | typeof ContainerUpdateSchema | typeof ContainerDeleteSchema | undefined>
> = {
  '/containers/create': ContainerCreateSchema,
  '/containers/update': ContainerUpdateSchema,
  '/containers/delete': ContainerDeleteSchema,
}

/** Reads an envelope; undefined when it is about neither a task nor a record.
 *  @throws {Error} for bytes that are no message */
export function decodeDaemonEvent(envelope: Envelope): DaemonEvent | undefined {
  const { namespace, topic, event } = envelope
  const task = decodeTaskEvent(envelope)
  if (task !== undefined) {
    const { containerId, processId, pid, exitCode, timestamp } = task
    return { namespace, topic, timestamp, containerId, execId: processId === INIT_PROCESS ? '' : processId, pid, exitCode }
  }
  const schema = RECORD_SCHEMAS[topic]
  const record = schema === undefined ? undefined : readProtobufAny(schema, event)
  if (record === undefined) return undefined
  const timestamp = readTime(envelope.timestamp) ?? new Date()
  return { namespace, topic, timestamp, containerId: record.id, execId: '', pid: 0, exitCode: undefined }
}
