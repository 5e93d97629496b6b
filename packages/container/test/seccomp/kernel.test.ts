import type { LinuxSeccomp, LinuxSeccompArg, LinuxSeccompOperator } from '@teu/spec'
import { machine } from 'node:os'
import { afterAll, describe, expect, it } from 'vitest'
import { nativeArchitecture } from '../../src/seccomp/architecture.ts'
import { compileSeccomp } from '../../src/seccomp/compile.ts'
import { syscallNumbers } from '../../src/seccomp/syscalls.ts'
import { SeccompProbe } from './probe.ts'
import { AUDIT, modelVerdict, X32_BIT } from './profile-model.ts'

const native = nativeArchitecture(machine()).name
const numbers = syscallNumbers(native)
const isX86 = native === 'X86_64'
const probe = new SeccompProbe()
afterAll(() => probe[Symbol.dispose]())

function compile(profile: LinuxSeccomp): ReturnType<typeof compileSeccomp> {
  return compileSeccomp(profile, { machine: machine() })
}

/** What the kernel does with getppid(2), whose arguments it ignores, for a filter's return value. */
function behaviour(ret: number): string {
  const action = (ret & 0xffff0000) >>> 0
  if (action === 0x50000) return `ret -${ret & 0xffff}`
  if (action === 0x30000) return 'trap 0'
  if (action === 0x7fff0000 || action === 0x7ffc0000) return 'allowed'
  // Without a tracer or a listener.
  if (action === 0x7ff00000 || action === 0x7fc00000) return 'ret -38'
  return 'signal 31'
}

function shown(line: string): string {
  return /^ret [0-9]+$/.test(line) ? 'allowed' : line
}

describe('a compiled filter on this kernel', () => {
  it.each([
    ['SCMP_ACT_ALLOW', 'allowed'],
    ['SCMP_ACT_LOG', 'allowed'],
    ['SCMP_ACT_ERRNO', 'ret -1'],
    ['SCMP_ACT_TRAP', 'trap 0'],
    ['SCMP_ACT_TRACE', 'ret -38'],
    ['SCMP_ACT_NOTIFY', 'ret -38'],
    ['SCMP_ACT_KILL', 'signal 31'],
    ['SCMP_ACT_KILL_THREAD', 'signal 31'],
    ['SCMP_ACT_KILL_PROCESS', 'signal 31'],
  ] as const)('acts on %s', (action, expected) => {
    const defaultAction = action === 'SCMP_ACT_ALLOW' ? 'SCMP_ACT_ERRNO' : 'SCMP_ACT_ALLOW'
    const filter = compile({ defaultAction, listenerPath: '/s', syscalls: [{ names: ['getppid'], action }] })
    expect(probe.calls(filter, [{ number: numbers.getppid! }]).map(shown)).toEqual([expected])
  })

  it('returns errors up to the largest', () => {
    const filter = compile({
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [
        { names: ['getppid'], action: 'SCMP_ACT_ERRNO', errnoRet: 4095 },
        { names: ['getuid'], action: 'SCMP_ACT_ERRNO', errnoRet: 0 },
      ],
    })
    expect(probe.calls(filter, [{ number: numbers.getppid! }, { number: numbers.getuid! }])).toEqual(['ret -4095', 'ret 0'])
  })

  it('compares arguments as the model does', () => {
    const edges = [0n, 1n, 0x7fffffffn, 0xffffffffn, 0x1_0000_0000n, 0x1_0000_0001n, 0xffffffff_00000000n, 0xffffffff_ffffffffn]
    const operators = ['NE', 'LT', 'LE', 'EQ', 'GE', 'GT', 'MASKED_EQ'].map((name) => `SCMP_CMP_${name}` as LinuxSeccompOperator)
    const call = (args: bigint[]) => ({ arch: AUDIT[native], number: numbers.getppid!, args })
    for (const [i, op] of operators.entries()) {
      const args: LinuxSeccompArg[] = [
        { index: 1, op, value: edges[(i + 4) % 8]!, valueTwo: 0xffffffff_00000001n },
        { index: 4, op: 'SCMP_CMP_LE', value: 0x1_0000_0000n },
      ]
      const profile: LinuxSeccomp = {
        defaultAction: 'SCMP_ACT_ALLOW',
        syscalls: [
          { names: ['getppid'], action: 'SCMP_ACT_ERRNO', errnoRet: 77, args },
          { names: ['getppid'], action: 'SCMP_ACT_ERRNO', errnoRet: 78, args: [{ index: 0, op: 'SCMP_CMP_EQ', value: 2 ** 40 }] },
        ],
      }
      const calls = edges.flatMap((second) =>
        [0n, 0x1_0000_0001n].map((fifth) => call([second === 1n ? 2n ** 40n : 5n, second, 0n, 0n, fifth, 0n])),
      )
      const expected = calls.map((call) => behaviour(modelVerdict(profile, native, call)))
      expect(probe.calls(compile(profile), calls).map(shown)).toEqual(expected)
    }
  })

  it.runIf(isX86)('tells 32-bit and x32 calls from native ones', () => {
    const calls = [
      { number: 39 },
      { number: 20 },
      { abi: 32, number: 20 },
      { abi: 32, number: 39, args: [0] },
      { number: X32_BIT + 39 },
      { number: -1 },
    ] as const
    const profile: LinuxSeccomp = {
      defaultAction: 'SCMP_ACT_ERRNO',
      defaultErrnoRet: 99,
      syscalls: [{ names: ['getpid', 'writev'], action: 'SCMP_ACT_ALLOW' }],
    }
    expect(probe.calls(compile(profile), calls).map(shown)).toEqual([
      'allowed',
      'allowed',
      'signal 31',
      'signal 31',
      'signal 31',
      'ret -99',
    ])
    const compatible = compile({ ...profile, architectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_X32'] })
    const [, , i386, i386Other, x32] = probe.calls(compatible, calls).map(shown)
    expect([i386, i386Other]).toEqual(['allowed', 'ret -99'])
    // Let through by the filter; whether the kernel then knows it depends on how it was built.
    expect(['allowed', 'ret -38']).toContain(x32)
  })

  it.runIf(isX86)('looks at the low half of arguments of 32-bit calls, like the kernel', () => {
    const args: LinuxSeccompArg[] = [{ index: 0, op: 'SCMP_CMP_EQ', value: 7 }]
    const profile: LinuxSeccomp = {
      defaultAction: 'SCMP_ACT_ALLOW',
      architectures: ['SCMP_ARCH_X86'],
      syscalls: [{ names: ['getpid'], action: 'SCMP_ACT_ERRNO', errnoRet: 55, args }],
    }
    const calls = [7n, 0x1_0000_0007n, 8n].map((value) => ({ abi: 32, number: 20, args: [value] }) as const)
    expect(probe.calls(compile(profile), calls).map(shown)).toEqual(['ret -55', 'ret -55', 'allowed'])
  })

  it('is taken at its largest size, with jumps of every length', () => {
    const names = Object.keys(numbers).filter((name) => !['getppid', 'read'].includes(name))
    const syscalls = names.slice(0, 330).map((name, i) => {
      const args: LinuxSeccompArg[] = [0, 1, 2].map((index) => ({ index, op: 'SCMP_CMP_EQ', value: 2n ** 60n + BigInt(i) }))
      return { names: [name], action: 'SCMP_ACT_KILL_PROCESS' as const, args: args.slice(0, 2 + (i % 2)) }
    })
    const filter = compile({
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [...syscalls, { names: ['getppid'], action: 'SCMP_ACT_ERRNO', errnoRet: 50 }],
    })
    expect(filter.instructions).toBeGreaterThan(3000)
    const first = BigInt(syscalls.findIndex(({ names }) => names[0] === 'getpid')) + 2n ** 60n
    const calls = [{ number: numbers.getppid! }, { number: numbers.getpid! }, { number: numbers.getpid!, args: [first, first, first] }]
    expect(probe.calls(filter, calls).map(shown)).toEqual(['ret -50', 'allowed', 'signal 31'])
  })
})
