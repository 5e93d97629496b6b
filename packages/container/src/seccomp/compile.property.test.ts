import type { LinuxSeccomp, LinuxSeccompAction, LinuxSeccompArg, LinuxSeccompOperator } from '@teu/spec'
import { isTeuError } from '@teu/spec'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeProgram, runFilter, type SeccompCall } from '../../test/seccomp/bpf-machine.ts'
import { AUDIT, modelVerdict, X32_BIT } from '../../test/seccomp/profile-model.ts'
import { compileSeccomp } from './compile.ts'
import { syscallNumbers, type SyscallTable } from './syscalls.ts'

const OPERATORS = ['NE', 'LT', 'LE', 'EQ', 'GE', 'GT', 'MASKED_EQ'].map((name) => `SCMP_CMP_${name}` as LinuxSeccompOperator)
const EDGES = [
  0n,
  1n,
  2n,
  0xffn,
  0x7fffffffn,
  0x80000000n,
  0xfffffffen,
  0xffffffffn,
  0x1_0000_0000n,
  0x1_0000_0001n,
  0x1_ffff_ffffn,
  0x7fffffff_ffffffffn,
  0x80000000_00000000n,
  0xffffffff_00000000n,
  0xffffffff_7fffffffn,
  0xffffffff_80000000n,
  0xffffffff_ffffffffn,
]
const NATIVE = { x86_64: 'X86_64', aarch64: 'AARCH64', armv7l: 'ARM', i686: 'X86' } as const satisfies Record<string, SyscallTable>

const value = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...EDGES) }, { weight: 1, arbitrary: fc.bigInt(0n, 2n ** 64n - 1n) })
const condition: fc.Arbitrary<LinuxSeccompArg> = fc.record({
  index: fc.nat(5),
  op: fc.constantFrom(...OPERATORS),
  value,
  valueTwo: value,
})

/** Few names, so that entries meet: on one call, on calls behind a multiplexing call, on calls that some architectures lack. */
const name = fc.oneof(
  fc.constantFrom('read', 'clone', 'socket', 'accept', 'socketcall', 'ipc', 'shmat', 'semop', 'personality', 'execve', 'listns'),
  fc.constantFrom('set_tls', '_llseek', 'open', 'newfstatat', 'rt_sigaction', 'clock_gettime64', 'no_such_call'),
  fc.constantFrom(...Object.keys(syscallNumbers('X86_64'))),
)
const action = fc.oneof(
  fc.constantFrom<{ action: LinuxSeccompAction }[]>(
    { action: 'SCMP_ACT_ALLOW' },
    { action: 'SCMP_ACT_KILL' },
    { action: 'SCMP_ACT_KILL_PROCESS' },
    { action: 'SCMP_ACT_TRAP' },
    { action: 'SCMP_ACT_LOG' },
    { action: 'SCMP_ACT_NOTIFY' },
    { action: 'SCMP_ACT_ERRNO' },
  ),
  fc.record({ action: fc.constantFrom<LinuxSeccompAction[]>('SCMP_ACT_ERRNO', 'SCMP_ACT_TRACE'), errnoRet: fc.nat(4095) }),
)
const entry = fc
  .record({ names: fc.array(name, { minLength: 1, maxLength: 4 }), args: fc.array(condition, { maxLength: 4 }), rule: action })
  .map(({ names, args, rule }) => ({ names, args, ...rule }))
const profile: fc.Arbitrary<LinuxSeccomp> = fc
  .record({
    standard: action,
    architectures: fc.subarray(['X86_64', 'X86', 'X32', 'AARCH64', 'ARM', 'S390X'].map((arch) => `SCMP_ARCH_${arch}`)),
    syscalls: fc.array(entry, { maxLength: 12 }),
  })
  .map(({ standard, ...rest }) => {
    const errno = 'errnoRet' in standard ? { defaultErrnoRet: standard.errnoRet } : {}
    return { defaultAction: standard.action, ...errno, listenerPath: '/run/listener', ...rest }
  })

/** A call that is likely to meet a rule: its number is one that the profile names, or beside it. */
function callFor(profile: LinuxSeccomp): fc.Arbitrary<SeccompCall> {
  const names = (profile.syscalls ?? []).flatMap((entry) => entry.names)
  const values = (profile.syscalls ?? [])
    .flatMap((entry) => entry.args ?? [])
    .flatMap((arg) => [BigInt(arg.value), BigInt(arg.valueTwo ?? 0)])
  const arg = fc.oneof(
    fc
      .constantFrom(...values, ...EDGES)
      .chain((base) => fc.constantFrom(base, BigInt.asUintN(64, base + 1n), BigInt.asUintN(64, base - 1n))),
    fc.bigInt(0n, 24n),
  )
  return fc
    .record({
      table: fc.constantFrom<SyscallTable[]>('X86_64', 'X86', 'X32', 'AARCH64', 'ARM'),
      name: fc.constantFrom('read', ...names),
      offset: fc.constantFrom(0, 0, 0, 0, 1, -1),
      other: fc.option(fc.constantFrom(0, 471, 472, 600, X32_BIT, 0x7fffffff, 0x80000000, 0xffffffff, 0xf0005, 0xf0010), { freq: 6 }),
      args: fc.array(arg, { minLength: 6, maxLength: 6 }),
    })
    .map(({ table, name, offset, other, args }) => {
      const number = other ?? (syscallNumbers(table)[name] ?? 0) + offset + (table === 'X32' ? X32_BIT : 0)
      return { arch: AUDIT[table], number: number >>> 0, args }
    })
}

describe('compileSeccomp() against the model of a profile', () => {
  it('agrees on random profiles, calls and architectures', () => {
    let compiled = 0
    const property = fc.property(
      fc.constantFrom('x86_64', 'x86_64', 'aarch64', 'armv7l', 'i686' as const),
      profile.chain((profile) => fc.tuple(fc.constant(profile), fc.array(callFor(profile), { minLength: 30, maxLength: 30 }))),
      (machine, [profile, calls]) => {
        let program: Uint8Array
        try {
          program = compileSeccomp(profile, { machine }).program
        } catch (error) {
          if (!isTeuError(error, 'ERR_TEU_CONFIG_INVALID')) throw error
          return
        }
        compiled++
        const code = decodeProgram(program)
        for (const call of calls) {
          const { number, args } = call
          expect({ number, args, ret: runFilter(code, call).ret }).toEqual({
            number,
            args,
            ret: modelVerdict(profile, NATIVE[machine], call),
          })
        }
      },
    )
    fc.assert(property, { seed: 20261123, numRuns: 1000 })
    expect(compiled).toBeGreaterThan(400)
  })

  it('agrees for every operator and pair of edge values on 64 and 32 bits', () => {
    for (const op of OPERATORS) {
      for (const value of EDGES) {
        const args: LinuxSeccompArg[] = [{ index: 3, op, value, valueTwo: value & 0xffff_0000_ffff_0000n }]
        const profile: LinuxSeccomp = {
          defaultAction: 'SCMP_ACT_ERRNO',
          architectures: ['SCMP_ARCH_X86'],
          syscalls: [{ names: ['mmap', 'read'], action: 'SCMP_ACT_ALLOW', args }],
        }
        const code = decodeProgram(compileSeccomp(profile, { machine: 'x86_64' }).program)
        for (const actual of EDGES) {
          for (const [arch, number] of [
            [AUDIT.X86_64, 0],
            [AUDIT.X86, 3],
          ] as const) {
            const call = { arch, number, args: [7n, 7n, 7n, actual, 7n, 7n] }
            const ret = runFilter(code, call).ret
            expect({ op, value, actual, ret }).toEqual({ op, value, actual, ret: modelVerdict(profile, 'X86_64', call) })
          }
        }
      }
    }
  })

  it('joins two to six conditions by AND: the whole truth table', () => {
    for (let count = 2; count <= 6; count++) {
      const args = Array.from({ length: count }, (_, index): LinuxSeccompArg => ({ index, op: 'SCMP_CMP_EQ', value: 2 ** 32 + index }))
      for (const [action, standard] of [
        ['SCMP_ACT_ALLOW', 'SCMP_ACT_ERRNO'],
        ['SCMP_ACT_ERRNO', 'SCMP_ACT_ALLOW'],
      ] as const) {
        const profile: LinuxSeccomp = { defaultAction: standard, syscalls: [{ names: ['read'], action, args }] }
        const code = decodeProgram(compileSeccomp(profile, { machine: 'x86_64' }).program)
        for (let bits = 0; bits < 64; bits++) {
          const call = {
            arch: AUDIT.X86_64,
            number: 0,
            args: [0, 1, 2, 3, 4, 5].map((i) => BigInt(2 ** 32 + i + ((bits >> i) & 1 ? 0 : 1))),
          }
          const all = (bits & (2 ** count - 1)) === 2 ** count - 1
          expect(runFilter(code, call).ret).toBe((all ? action : standard) === 'SCMP_ACT_ALLOW' ? 0x7fff0000 : 0x50001)
        }
      }
    }
  })
})
