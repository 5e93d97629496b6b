import { expect, test } from 'vitest'
import { jsonAny, protobufAny, readJsonAny, readProtobufAny, TYPE_URL } from './any.ts'
import { ProcessDetailsSchema } from './gen/containerd/runc/v1/runc.gen.ts'
import { TaskExitSchema } from './gen/containerd/events/events.gen.ts'

test('protobufAny() names a message without a prefix', () => {
  const any = protobufAny(ProcessDetailsSchema, { execId: 'e1' })
  expect(any.typeUrl).toBe('containerd.runc.v1.ProcessDetails')
  expect([...any.value]).toEqual([10, 2, 101, 49])
})

test('readProtobufAny() takes bare and prefixed names, and leaves other types alone', () => {
  const { value, typeUrl } = protobufAny(ProcessDetailsSchema, { execId: 'e1' })
  expect(readProtobufAny(ProcessDetailsSchema, { typeUrl, value })?.execId).toBe('e1')
  expect(readProtobufAny(ProcessDetailsSchema, { typeUrl: `type.googleapis.com/${typeUrl}`, value })?.execId).toBe('e1')
  expect(readProtobufAny(TaskExitSchema, { typeUrl, value })).toBeUndefined()
  expect(readProtobufAny(TaskExitSchema, undefined)).toBeUndefined()
})

test('JSON documents go there and back', () => {
  const any = jsonAny(TYPE_URL.spec, { ociVersion: '1.0.2' })
  expect(any.typeUrl).toBe('types.containerd.io/opencontainers/runtime-spec/1/Spec')
  expect(readJsonAny(any)).toEqual({ ociVersion: '1.0.2' })
  expect(readJsonAny({ typeUrl: '', value: new Uint8Array() })).toBeUndefined()
})
