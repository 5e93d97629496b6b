import { create } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { protobufAny, type Any } from '../any.ts'
import { TaskDeleteSchema, TaskExecStartedSchema, TaskExitSchema, TaskOOMSchema } from '../gen/containerd/events/events.gen.ts'
import { EnvelopeSchema } from '../gen/containerd/types/types.gen.ts'
import { decodeTaskEvent } from './decode.ts'

const envelope = (topic: string, event: Any) => create(EnvelopeSchema, { topic, event, timestamp: { seconds: 5n, nanos: 7_000_000 } })
const timestamp = new Date(5_007)

test('an exit of the first process, and of an exec', () => {
  const exitedAt = { seconds: 3n, nanos: 999_999_999 }
  const exit = { containerId: 'a', pid: 7, exitStatus: 137, exitedAt }
  const facts = { type: 'exit', containerId: 'a', pid: 7, exitCode: 137, exitedAt: new Date(3_999), timestamp }
  expect(decodeTaskEvent(envelope('/tasks/exit', protobufAny(TaskExitSchema, { ...exit, id: 'a' })))).toEqual({
    ...facts,
    processId: 'init',
  })
  expect(decodeTaskEvent(envelope('/tasks/exit', protobufAny(TaskExitSchema, { ...exit, id: 'e1' })))).toEqual({
    ...facts,
    processId: 'e1',
  })
})

test('a deletion without an id is one of the task; a time of year 1 is none', () => {
  const fields = { containerId: 'a', pid: 7, exitedAt: { seconds: -62_135_596_800n, nanos: 0 } }
  expect(decodeTaskEvent(envelope('/tasks/delete', protobufAny(TaskDeleteSchema, fields)))).toEqual({
    type: 'delete',
    containerId: 'a',
    processId: 'init',
    pid: 7,
    exitCode: 0,
    timestamp,
  })
})

test('the type comes from the topic, the rest from the payload', () => {
  expect(decodeTaskEvent(envelope('/tasks/oom', protobufAny(TaskOOMSchema, { containerId: 'a' })))).toMatchObject({ type: 'oom', pid: 0 })
  const started = protobufAny(TaskExecStartedSchema, { containerId: 'a', execId: 'e1', pid: 9 })
  expect(decodeTaskEvent(envelope('/tasks/exec-started', started))).toMatchObject({ type: 'exec-started', processId: 'e1', pid: 9 })
})

test('other topics and other payloads are none of ours; broken ones throw', () => {
  const oom = protobufAny(TaskOOMSchema, { containerId: 'a' })
  expect(decodeTaskEvent(envelope('/tasks/checkpointed', oom))).toBeUndefined()
  expect(decodeTaskEvent(envelope('/tasks/exit', oom))).toBeUndefined()
  expect(decodeTaskEvent(create(EnvelopeSchema, { topic: '/tasks/exit' }))).toBeUndefined()
  expect(() => decodeTaskEvent(envelope('/tasks/oom', { ...oom, value: new Uint8Array([255]) }))).toThrow()
})
