/** Envelopes of the event bus as events of tasks. */

import { readProtobufAny, type Any } from '../any.ts'
import {
  ContainerDeleteSchema,
  ContainerUpdateSchema,
  TaskCreateSchema,
  TaskDeleteSchema,
  TaskExecAddedSchema,
  TaskExecStartedSchema,
  TaskExitSchema,
  TaskOOMSchema,
  TaskPausedSchema,
  TaskResumedSchema,
  TaskStartSchema,
} from '../gen/containerd/events/events.gen.ts'
import type { Envelope } from '../gen/containerd/types/types.gen.ts'
import { readTime, type WireTime } from '../time.ts'
import { INIT_PROCESS, type TaskEventType } from '../types.ts'

/** An event as the daemon sent it. */
export interface RawEvent {
  readonly type: TaskEventType
  readonly containerId: string
  readonly processId: string
  /** 0 when the daemon did not say. */
  readonly pid: number
  readonly exitCode?: number
  readonly exitedAt?: Date
  readonly timestamp: Date
}

type Fields = Omit<RawEvent, 'type' | 'timestamp'>

const init = (containerId: string, pid = 0): Fields => ({ containerId, processId: INIT_PROCESS, pid })

/** The fields of an ended process. Without an id, as daemons before 1.3 send it, it was the first one. */
function ended(event: { containerId: string; id: string; pid: number; exitStatus: number; exitedAt?: WireTime | undefined }): Fields {
  const exitedAt = readTime(event.exitedAt)
  return {
    containerId: event.containerId,
    processId: event.id === '' || event.id === event.containerId ? INIT_PROCESS : event.id,
    pid: event.pid,
    exitCode: event.exitStatus,
    ...(exitedAt === undefined ? {} : { exitedAt }),
  }
}

/** By topic: the type, and how its payload is read. */
const READERS: Readonly<Record<string, readonly [TaskEventType, (any: Any) => Fields | undefined]>> = {
  '/tasks/create': ['create', (any) => map(readProtobufAny(TaskCreateSchema, any), (e) => init(e.containerId, e.pid))],
  '/tasks/start': ['start', (any) => map(readProtobufAny(TaskStartSchema, any), (e) => init(e.containerId, e.pid))],
  '/tasks/exit': ['exit', (any) => map(readProtobufAny(TaskExitSchema, any), ended)],
  '/tasks/delete': ['delete', (any) => map(readProtobufAny(TaskDeleteSchema, any), ended)],
  '/tasks/oom': ['oom', (any) => map(readProtobufAny(TaskOOMSchema, any), (e) => init(e.containerId))],
  '/tasks/paused': ['paused', (any) => map(readProtobufAny(TaskPausedSchema, any), (e) => init(e.containerId))],
  '/tasks/resumed': ['resumed', (any) => map(readProtobufAny(TaskResumedSchema, any), (e) => init(e.containerId))],
  '/tasks/exec-added': [
    'exec-added',
    (any) => map(readProtobufAny(TaskExecAddedSchema, any), (e) => ({ containerId: e.containerId, processId: e.execId, pid: 0 })),
  ],
  '/tasks/exec-started': [
    'exec-started',
    (any) => map(readProtobufAny(TaskExecStartedSchema, any), (e) => ({ containerId: e.containerId, processId: e.execId, pid: e.pid })),
  ],
}

/** Reads an envelope; undefined for topics that are no business of ours, such as `/tasks/checkpointed`, and for payloads of another type.
 *  @throws {Error} for bytes that are no message */
export function decodeTaskEvent(envelope: Envelope): RawEvent | undefined {
  const reader = READERS[envelope.topic]
  if (reader === undefined || envelope.event === undefined) return undefined
  const [type, read] = reader
  const fields = read(envelope.event)
  return fields === undefined ? undefined : { type, timestamp: readTime(envelope.timestamp) ?? new Date(), ...fields }
}

/** The id of a container whose record was changed or removed; undefined for other envelopes.
 *  @throws {Error} for bytes that are no message */
export function decodeRecordChange({ topic, event }: Envelope): string | undefined {
  if (topic === '/containers/update') return readProtobufAny(ContainerUpdateSchema, event)?.id
  return topic === '/containers/delete' ? readProtobufAny(ContainerDeleteSchema, event)?.id : undefined
}

function map<T, U>(value: T | undefined, change: (value: T) => U): U | undefined {
  return value === undefined ? undefined : change(value)
}
