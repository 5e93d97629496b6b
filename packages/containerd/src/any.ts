/** `Any` values as containerd wants them: protobuf by its bare full name, OCI documents as JSON under a URL of their own. */

import { create, toBinary, type DescMessage, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf'
import { parseJson, stringifyJson } from '@teu/spec'
import { decodeMessage } from './rpc/decode-message.ts'

/** Bytes with the name of their type. A type that nobody here knows is kept as it is. */
export interface Any {
  readonly typeUrl: string
  readonly value: Uint8Array
}

const OCI = 'types.containerd.io/opencontainers/runtime-spec/1/'

/** Names of the OCI documents that containerd carries as JSON. */
export const TYPE_URL: { readonly spec: string; readonly process: string; readonly linuxResources: string; readonly features: string } = {
  spec: `${OCI}Spec`,
  process: `${OCI}Process`,
  linuxResources: `${OCI}LinuxResources`,
  features: `${OCI}features/Features`,
}

/** A protobuf message as Any, named without the prefix `type.googleapis.com/`, which containerd refuses. */
export function protobufAny<S extends DescMessage>(schema: S, init: MessageInitShape<S>): Any {
  return { typeUrl: schema.typeName, value: toBinary(schema, create(schema, init)) }
}

/** The message in an Any; undefined when it is of another type. */
export function readProtobufAny<S extends DescMessage>(schema: S, any: Any | undefined): MessageShape<S> | undefined {
  return any !== undefined && typeName(any) === schema.typeName ? decodeMessage(schema, any.value) : undefined
}

/** The name of a message's type, with or without the usual prefix. */
export function typeName(any: Any): string {
  return any.typeUrl.replace(/^type\.googleapis\.com\//, '')
}

/** An OCI document as Any. */
export function jsonAny(typeUrl: string, document: unknown): Any {
  return { typeUrl, value: new TextEncoder().encode(stringifyJson(document)) }
}

/** The JSON document in an Any, whatever its name; undefined when there is none.
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID for bytes that are no JSON */
export function readJsonAny(any: Any | undefined): unknown {
  return any === undefined || any.value.length === 0 ? undefined : parseJson(any.value)
}
