/** Shims and their options, for records and tasks. */

import { create, toBinary } from '@bufbuild/protobuf'
import { protobufAny, readProtobufAny, typeName, type Any } from '../any.ts'
import { OptionsSchema } from '../gen/containerd/runc/v1/runc.gen.ts'
import type { RuntimeRef } from '../types.ts'
import type { HostOwner } from './bundle-dir.ts'

/** The shim of runc, crun and teu-oci. */
export const RUNC_SHIM = 'io.containerd.runc.v2'
/** Gone since containerd 2.0; its options had other names. */
const LEGACY_SHIM = 'io.containerd.runtime.v1.linux'

/** Options of the legacy shim, by dockerd's names. */
interface LegacyOptions {
  readonly runtime?: string
  readonly runtimeRoot?: string
}

const isAny = (options: object): options is Any => 'typeUrl' in options && 'value' in options

/** The runtime of a record. The legacy shim of dockerd 18.09 becomes runc's. */
export function wireRuntime({ name, options }: RuntimeRef): { name: string; options?: Any } {
  const isLegacy = name === LEGACY_SHIM
  const shim = isLegacy ? RUNC_SHIM : name
  if (options === undefined) return { name: shim }
  if (isAny(options)) return { name: shim, options }
  const { runtime, runtimeRoot, ...rest } = options as typeof options & LegacyOptions
  const legacy = isLegacy
    ? { ...(runtime === undefined ? {} : { binaryName: runtime }), ...(runtimeRoot === undefined ? {} : { root: runtimeRoot }) }
    : {}
  return { name: shim, options: protobufAny(OptionsSchema, { ...rest, ...legacy }) }
}

/** The options of a task: those of the record, with the owner of its pipes. They replace the record's as a whole, so all are repeated. */
export function taskOptions(runtime: { name: string; options?: Any | undefined } | undefined, owner: HostOwner): Any | undefined {
  const { options } = runtime ?? {}
  const isRunc = options === undefined ? runtime?.name === RUNC_SHIM : typeName(options) === OptionsSchema.typeName
  if (!isRunc || (owner.hostUid === 0 && owner.hostGid === 0)) return options
  const own = readProtobufAny(OptionsSchema, options) ?? create(OptionsSchema)
  own.ioUid = owner.hostUid
  own.ioGid = owner.hostGid
  return { typeUrl: OptionsSchema.typeName, value: toBinary(OptionsSchema, own) }
}
