import { describe, expect, it } from 'vitest'
import type { TeuError } from '../error.ts'
import { validateSpec } from '../validate.ts'

/** The refusal of a config, always one with the right code; undefined when it is accepted. */
function refusal(validate: () => unknown): TeuError | undefined {
  try {
    validate()
    return undefined
  } catch (error) {
    expect(error).toMatchObject({ name: 'TeuError', code: 'ERR_TEU_CONFIG_INVALID' })
    return error as TeuError
  }
}

describe('seccomp', () => {
  const check = (seccomp: object) =>
    refusal(() => validateSpec({ ociVersion: '1.0.0', root: { path: 'r' }, linux: { seccomp } }))?.pointer?.slice(14)
  const rule = (more: object) => ({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['a'], action: 'SCMP_ACT_ERRNO', ...more }] })
  const arg = (more: object) => rule({ args: [{ index: 0, value: 1, op: 'SCMP_CMP_EQ', ...more }] })

  it.each<[string, object, string | undefined]>([
    ['no default action', {}, '/defaultAction'],
    ['an unknown default action', { defaultAction: 'SCMP_ACT_NOPE' }, '/defaultAction'],
    ['an unknown action', rule({ action: 'ALLOW' }), '/syscalls/0/action'],
    ['no action', rule({ action: undefined }), '/syscalls/0/action'],
    ['no names', rule({ names: [] }), '/syscalls/0/names'],
    ['an odd name', rule({ names: ['read write'] }), '/syscalls/0/names/0'],
    ['an unknown architecture', { defaultAction: 'SCMP_ACT_ALLOW', architectures: ['x86_64'] }, '/architectures/0'],
    ['an unknown flag', { defaultAction: 'SCMP_ACT_ALLOW', flags: ['LOG'] }, '/flags/0'],
    ['errno 4095', rule({ errnoRet: 4095 }), undefined],
    ['errno 4096', rule({ errnoRet: 4096 }), '/syscalls/0/errnoRet'],
    ['errno 4096 for a tracer', rule({ action: 'SCMP_ACT_TRACE', errnoRet: 4096 }), undefined],
    ['an errno without ERRNO', rule({ action: 'SCMP_ACT_KILL', errnoRet: 1 }), '/syscalls/0/errnoRet'],
    ['a default errno without ERRNO', { defaultAction: 'SCMP_ACT_ALLOW', defaultErrnoRet: 1 }, '/defaultErrnoRet'],
    ['argument 6', arg({ index: 6 }), '/syscalls/0/args/0/index'],
    ['an unknown operator', arg({ op: '==' }), '/syscalls/0/args/0/op'],
    ['no operator', arg({ op: undefined }), '/syscalls/0/args/0/op'],
    ['a negative value', arg({ value: -1 }), '/syscalls/0/args/0/value'],
    ['a second value without mask', arg({ valueTwo: 1 }), '/syscalls/0/args/0/valueTwo'],
    ['a second value of 0 without mask', arg({ valueTwo: 0 }), undefined],
    ['a mask without second value', arg({ op: 'SCMP_CMP_MASKED_EQ' }), undefined],
    ['two conditions on one argument', rule({ args: [1, 2].map((value) => ({ index: 0, value, op: 'SCMP_CMP_NE' })) }), undefined],
    ['notify without listener', rule({ action: 'SCMP_ACT_NOTIFY' }), '/listenerPath'],
    ['notify by default without listener', { defaultAction: 'SCMP_ACT_NOTIFY', listenerPath: '' }, '/listenerPath'],
    ['metadata without listener', { ...rule({}), listenerMetadata: 'x' }, '/listenerMetadata'],
    ['a relative listener', { ...rule({}), listenerPath: 'agent.sock' }, '/listenerPath'],
    [
      '5000 rules',
      { defaultAction: 'SCMP_ACT_ALLOW', syscalls: Array.from({ length: 5000 }, () => ({ names: ['read'], action: 'SCMP_ACT_ALLOW' })) },
      undefined,
    ],
  ])('%s', (_name, seccomp, pointer) => {
    expect(check(seccomp)).toBe(pointer)
  })
})
