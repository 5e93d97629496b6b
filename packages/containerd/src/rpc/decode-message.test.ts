import { create, type DescMessage, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { expect, it } from 'vitest'
import { MetricsSchema } from '../gen/containerd/cgroups/v1/metrics.gen.ts'
import { ListContainersResponseSchema } from '../gen/containerd/services/containers/v1/containers.gen.ts'
import { PluginsResponseSchema, ServerResponseSchema } from '../gen/containerd/services/introspection/v1/introspection.gen.ts'
import { decodeMessage } from './decode-message.ts'

/** A message and what it is in bytes. */
function encoded<S extends DescMessage>(schema: S, init: MessageInitShape<S>): Uint8Array {
  return toBinary(schema, create(schema, init))
}

it('reads what daemons send, however long', () => {
  const containers = Array.from({ length: 10_000 }, (_, n) => ({
    id: `container-${n}`,
    labels: Object.fromEntries(Array.from({ length: 10 }, (_one, m) => [`label-${m}`, 'x'.repeat(20)])),
    runtime: { name: 'io.containerd.runc.v2' },
    spec: { typeUrl: 'x', value: new Uint8Array(1_000) },
    createdAt: { seconds: 1n << 40n, nanos: -1 },
    extensions: { a: { typeUrl: 'y', value: new Uint8Array(2) } },
  }))
  const bytes = encoded(ListContainersResponseSchema, { containers })
  expect(bytes.length).toBeGreaterThan(10_000_000)
  const again = toBinary(ListContainersResponseSchema, decodeMessage(ListContainersResponseSchema, bytes))
  expect(Buffer.compare(again, bytes)).toBe(0)
})

const MIB = 1024 * 1024
const repeated = (...bytes: readonly number[]): Uint8Array =>
  Uint8Array.from({ length: 2 * MIB }, (_, n) => bytes[n % bytes.length] as number)
/** A field of bytes. */
function field(number: number, value: Uint8Array): Uint8Array {
  const length: number[] = []
  for (let left = value.length; ; left >>>= 7) {
    length.push(left < 0x80 ? left : (left & 0x7f) | 0x80)
    if (left < 0x80) break
  }
  return Uint8Array.from([(number << 3) | 2, ...length, ...value])
}

it.each([
  ['messages', ListContainersResponseSchema, repeated(0x0a, 0)],
  ['messages in a message', ListContainersResponseSchema, field(1, repeated(0x12, 0))],
  ['fields that nobody knows', ServerResponseSchema, repeated(0x78, 1)],
  ['groups', ServerResponseSchema, repeated(0x7b, 0x7c)],
  ['messages in an entry of a map', ListContainersResponseSchema, field(1, field(10, field(2, repeated(0x7a, 0))))],
  ['numbers in one field', MetricsSchema, field(3, field(1, field(4, repeated(1))))],
  ['messages in messages', PluginsResponseSchema, field(1, field(7, repeated(0x1a, 0)))],
] as const)('refuses too many %s', (_, schema, bytes) => {
  expect(() => decodeMessage(schema, bytes)).toThrow(RangeError)
})

it('leaves what is no message to the library', () => {
  expect(() => decodeMessage(ListContainersResponseSchema, repeated(0x0f))).toThrow(/wire type|illegal|invalid/i)
  expect(() => decodeMessage(ListContainersResponseSchema, repeated(0xff))).toThrow(Error)
})
