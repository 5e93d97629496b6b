import { expect, test } from 'vitest'
import { readProtobufAny } from '../any.ts'
import { OptionsSchema } from '../gen/containerd/runc/v1/runc.gen.ts'
import { RUNC_SHIM, taskOptions, wireRuntime } from './runtime-ref.ts'

test('options of runc are packed, those of others are left alone', () => {
  const { name, options } = wireRuntime({ name: RUNC_SHIM, options: { binaryName: 'crun', systemdCgroup: true } })
  expect(name).toBe(RUNC_SHIM)
  expect(readProtobufAny(OptionsSchema, options)).toMatchObject({ binaryName: 'crun', systemdCgroup: true, root: '' })
  const foreign = { typeUrl: 'runtimeoptions.v1.Options', value: new Uint8Array([1]) }
  expect(wireRuntime({ name: 'io.containerd.runsc.v1', options: foreign })).toEqual({ name: 'io.containerd.runsc.v1', options: foreign })
  expect(wireRuntime({ name: '/opt/shim' })).toEqual({ name: '/opt/shim' })
})

test('the legacy shim becomes runc’s, with its options by their new names', () => {
  const options = { runtime: 'runc2', runtimeRoot: '/r' } as object
  const wire = wireRuntime({ name: 'io.containerd.runtime.v1.linux', options })
  expect(wire.name).toBe(RUNC_SHIM)
  expect(readProtobufAny(OptionsSchema, wire.options)).toMatchObject({ binaryName: 'runc2', root: '/r' })
})

test('a task repeats the options of its record, with the owner of its pipes', () => {
  const owner = { hostUid: 1000, hostGid: 1001 }
  const root = { hostUid: 0, hostGid: 0 }
  const runtime = wireRuntime({ name: RUNC_SHIM, options: { binaryName: 'crun', root: '/r' } })
  expect(taskOptions(runtime, root)).toBe(runtime.options)
  expect(readProtobufAny(OptionsSchema, taskOptions(runtime, owner))).toMatchObject({
    binaryName: 'crun',
    root: '/r',
    ioUid: 1000,
    ioGid: 1001,
  })
  expect(readProtobufAny(OptionsSchema, taskOptions({ name: RUNC_SHIM }, owner))).toMatchObject({ ioUid: 1000, binaryName: '' })
  expect(taskOptions({ name: 'io.containerd.runsc.v1' }, owner)).toBeUndefined()
  expect(taskOptions(undefined, owner)).toBeUndefined()
})
