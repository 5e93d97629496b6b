import type { LinuxSeccomp, LinuxSyscall, TeuErrorCode } from '@teu/spec'
import { describe, expect, it } from 'vitest'
import { decodeProgram, runFilter } from '../../test/seccomp/bpf-machine.ts'
import { AUDIT, modelVerdict, X32_BIT } from '../../test/seccomp/profile-model.ts'
import { compileSeccomp } from './compile.ts'
import { syscallNumbers } from './syscalls.ts'

const ALLOW = 0x7fff0000
const KILL_THREAD = 0
const EPERM = 0x50001
const ENOSYS = 0x50026
const target = { machine: 'x86_64' }

const allowRead: LinuxSyscall = { names: ['read'], action: 'SCMP_ACT_ALLOW' }

function run(profile: LinuxSeccomp, number: number, args: readonly (number | bigint)[] = [], arch: number = AUDIT.X86_64): number {
  const call = { arch, number, args: [...args, 0, 0, 0, 0, 0, 0].slice(0, 6).map(BigInt) }
  return runFilter(decodeProgram(compileSeccomp(profile, target).program), call).ret
}

function refusal(profile: unknown): { code: TeuErrorCode; pointer: string; message: string } {
  try {
    compileSeccomp(profile as LinuxSeccomp, target)
  } catch (error) {
    return error as { code: TeuErrorCode; pointer: string; message: string }
  }
  throw new Error('not refused')
}

describe('compileSeccomp() actions', () => {
  it.each([
    [{ action: 'SCMP_ACT_KILL' }, 0x00000000],
    [{ action: 'SCMP_ACT_KILL_THREAD' }, 0x00000000],
    [{ action: 'SCMP_ACT_KILL_PROCESS' }, 0x80000000],
    [{ action: 'SCMP_ACT_TRAP' }, 0x00030000],
    [{ action: 'SCMP_ACT_ERRNO' }, 0x00050001],
    [{ action: 'SCMP_ACT_ERRNO', errnoRet: 0 }, 0x00050000],
    [{ action: 'SCMP_ACT_ERRNO', errnoRet: 4095 }, 0x00050fff],
    [{ action: 'SCMP_ACT_TRACE' }, 0x7ff00001],
    [{ action: 'SCMP_ACT_TRACE', errnoRet: 65535 }, 0x7ff0ffff],
    [{ action: 'SCMP_ACT_NOTIFY' }, 0x7fc00000],
    [{ action: 'SCMP_ACT_LOG' }, 0x7ffc0000],
  ] as const)('returns the value of %j', (rule, expected) => {
    const profile: LinuxSeccomp = { defaultAction: 'SCMP_ACT_ALLOW', listenerPath: '/s', syscalls: [{ names: ['read'], ...rule }] }
    expect(run(profile, 0)).toBe(expected)
    expect(run(profile, 1)).toBe(ALLOW)
    const asDefault: LinuxSeccomp = { defaultAction: rule.action, syscalls: [allowRead] }
    if (rule.action === 'SCMP_ACT_NOTIFY') return
    const withErrno = 'errnoRet' in rule ? { ...asDefault, defaultErrnoRet: rule.errnoRet } : asDefault
    expect(run(withErrno, 0)).toBe(ALLOW)
    // ENOSYS above the highest number is for SCMP_ACT_ERRNO alone.
    expect(run(withErrno, 1)).toBe(rule.action === 'SCMP_ACT_ERRNO' ? ENOSYS : expected)
  })

  it('gives calls newer than the profile ENOSYS, and older ones its own default', () => {
    const profile: LinuxSeccomp = {
      defaultAction: 'SCMP_ACT_ERRNO',
      syscalls: [allowRead, { names: ['openat2'], action: 'SCMP_ACT_ERRNO' }],
    }
    expect(run(profile, syscallNumbers('X86_64').clone3!)).toBe(EPERM)
    expect(run(profile, syscallNumbers('X86_64').openat2!)).toBe(EPERM)
    expect(run(profile, syscallNumbers('X86_64').openat2! + 1)).toBe(ENOSYS)
    expect(run(profile, 0x3fffffff)).toBe(ENOSYS)
    expect(run({ defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 13 }, 500)).toBe(0x5000d)
  })
})

describe('compileSeccomp() architectures', () => {
  it('kills calls of architectures that the profile does not list', () => {
    const profile: LinuxSeccomp = { defaultAction: 'SCMP_ACT_ALLOW' }
    expect(run(profile, 0)).toBe(ALLOW)
    expect(run(profile, 3, [], AUDIT.X86)).toBe(KILL_THREAD)
    expect(run(profile, X32_BIT)).toBe(KILL_THREAD)
    expect(run(profile, 0xfffffffe)).toBe(KILL_THREAD)
    expect(run(profile, 0, [], AUDIT.AARCH64)).toBe(KILL_THREAD)
  })

  it('gives a call that a tracer cancelled the default action', () => {
    expect(run({ defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 7, syscalls: [allowRead] }, 0xffffffff)).toBe(0x50007)
  })

  it('has the native architecture without it being listed, and leaves out those that the machine cannot run', () => {
    const one = compileSeccomp({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [allowRead] }, target)
    const other = compileSeccomp(
      { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [allowRead], architectures: ['SCMP_ARCH_S390X', 'SCMP_ARCH_ARM'] },
      target,
    )
    expect(other.program).toEqual(one.program)
    expect(other.warnings).toEqual([])
  })

  it('keeps the numbers of x86_64, x86 and x32 apart', () => {
    const profile: LinuxSeccomp = {
      defaultAction: 'SCMP_ACT_ERRNO',
      architectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
      syscalls: [{ names: ['ioctl', 'listns'], action: 'SCMP_ACT_ALLOW' }],
    }
    expect(run(profile, 16)).toBe(ALLOW)
    expect(run(profile, 54)).toBe(EPERM)
    expect(run(profile, 54, [], AUDIT.X86)).toBe(ALLOW)
    expect(run(profile, X32_BIT + 514)).toBe(ALLOW)
    expect(run(profile, X32_BIT + 16)).toBe(EPERM)
    expect(run(profile, X32_BIT + 515)).toBe(ENOSYS)
    expect(run(profile, 514)).toBe(ENOSYS)
  })

  it('finds private calls of arm, and gives calls between them and the common ones ENOSYS', () => {
    const profile: LinuxSeccomp = { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names: ['set_tls', 'read'], action: 'SCMP_ACT_ALLOW' }] }
    const code = decodeProgram(compileSeccomp(profile, { machine: 'armv7l' }).program)
    const ret = (number: number): number => runFilter(code, { arch: AUDIT.ARM, number, args: [0n, 0n, 0n, 0n, 0n, 0n] }).ret
    expect([3, 2, 4, 0xf0004, 0xf0005, 0xf0006].map(ret)).toEqual([ALLOW, EPERM, ENOSYS, ENOSYS, ALLOW, ENOSYS])
  })

  it('refuses a machine without tables', () => {
    expect(() => compileSeccomp({ defaultAction: 'SCMP_ACT_ALLOW' }, { machine: 'riscv64' })).toThrow(/riscv64/)
  })
})

describe('compileSeccomp() where entries meet', () => {
  const socket = (action: 'ALLOW' | 'ERRNO' | 'KILL', ...args: [index: number, value: number][]): LinuxSyscall => ({
    names: ['socket'],
    action: `SCMP_ACT_${action}`,
    args: args.map(([index, value]) => ({ index, value, op: 'SCMP_CMP_EQ' })),
  })

  it('lets an unconditional entry decide alone, before or after others, and warns', () => {
    for (const syscalls of [
      [socket('ALLOW'), socket('KILL', [0, 1])],
      [socket('KILL', [0, 1]), socket('ALLOW')],
    ]) {
      const profile: LinuxSeccomp = { defaultAction: 'SCMP_ACT_ERRNO', syscalls }
      expect(run(profile, 41, [1])).toBe(ALLOW)
      expect(compileSeccomp(profile, target).warnings).toEqual([expect.stringContaining('"socket" without conditions overrides')])
    }
    expect(run({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [socket('KILL'), socket('ALLOW')] }, 41)).toBe(KILL_THREAD)
  })

  it('takes the first entry whose conditions hold', () => {
    const profile: LinuxSeccomp = { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [socket('KILL', [0, 1], [1, 2]), socket('ALLOW', [0, 1])] }
    expect([run(profile, 41, [1, 2]), run(profile, 41, [1, 3]), run(profile, 41, [2, 2])]).toEqual([KILL_THREAD, ALLOW, EPERM])
  })

  it('leaves out entries with the default action', () => {
    const profile: LinuxSeccomp = { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [socket('ERRNO'), socket('ALLOW', [0, 1])] }
    expect([run(profile, 41, [1]), run(profile, 41, [2])]).toEqual([ALLOW, EPERM])
  })

  it('refuses two actions on the same conditions', () => {
    const syscalls = [socket('ALLOW', [0, 1], [1, 2]), socket('KILL', [1, 2], [0, 1])]
    expect(refusal({ defaultAction: 'SCMP_ACT_ERRNO', syscalls })).toMatchObject({
      code: 'ERR_TEU_CONFIG_INVALID',
      pointer: '/linux/seccomp/syscalls/1/action',
    })
  })

  it('joins conditions on one argument by AND in an entry that allows, and refuses them in one that denies', () => {
    const range: LinuxSyscall['args'] = [
      { index: 0, op: 'SCMP_CMP_GE', value: 5 },
      { index: 0, op: 'SCMP_CMP_LE', value: 9 },
    ]
    const allowing: LinuxSeccomp = {
      defaultAction: 'SCMP_ACT_ERRNO',
      syscalls: [{ names: ['read'], action: 'SCMP_ACT_ALLOW', args: range }],
    }
    expect([4, 5, 9, 10].map((value) => run(allowing, 0, [value]))).toEqual([EPERM, ALLOW, ALLOW, EPERM])
    expect(compileSeccomp(allowing, target).warnings).toEqual([expect.stringContaining('all conditions on argument 0 must hold')])
    const denying = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['read'], action: 'SCMP_ACT_ERRNO', args: range }] }
    expect(refusal(denying)).toMatchObject({ code: 'ERR_TEU_CONFIG_INVALID', pointer: '/linux/seccomp/syscalls/0/args/1/index' })
  })

  it('applies what is said of a call to the i386 call that multiplexes it, as far as it can be checked there', () => {
    const profile: LinuxSeccomp = {
      defaultAction: 'SCMP_ACT_ERRNO',
      architectures: ['SCMP_ARCH_X86'],
      syscalls: [{ names: ['listen', 'shmat'], action: 'SCMP_ACT_ALLOW' }, socket('ALLOW', [0, 1])],
    }
    const i386 = syscallNumbers('X86')
    expect(run(profile, i386.socketcall!, [4], AUDIT.X86)).toBe(ALLOW)
    expect(run(profile, i386.socketcall!, [1], AUDIT.X86)).toBe(EPERM)
    expect(run(profile, i386.socket!, [1], AUDIT.X86)).toBe(ALLOW)
    expect(run(profile, i386.ipc!, [21], AUDIT.X86)).toBe(ALLOW)
    expect(run(profile, i386.ipc!, [0x10015], AUDIT.X86)).toBe(ALLOW)
    const denying: LinuxSeccomp = { ...profile, defaultAction: 'SCMP_ACT_ALLOW', syscalls: [socket('ERRNO', [0, 38])] }
    expect(run(denying, i386.socketcall!, [1], AUDIT.X86)).toBe(EPERM)
    expect(run(denying, i386.socketcall!, [2], AUDIT.X86)).toBe(ALLOW)
  })
})

describe('compileSeccomp() input', () => {
  it.each([
    [{}, 'defaultAction'],
    [{ defaultAction: 'SCMP_ACT_DENY' }, 'defaultAction'],
    [{ defaultAction: 'toString' }, 'defaultAction'],
    [{ defaultAction: 'SCMP_ACT_NOTIFY' }, 'defaultAction'],
    [{ defaultAction: 'SCMP_ACT_ALLOW', defaultErrnoRet: 1 }, 'defaultErrnoRet'],
    [{ defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 4096 }, 'defaultErrnoRet'],
    [{ defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: -1 }, 'defaultErrnoRet'],
    [{ defaultAction: 'SCMP_ACT_ERRNO', architectures: ['SCMP_ARCH_VAX'] }, 'architectures/0'],
    [{ defaultAction: 'SCMP_ACT_ERRNO', architectures: ['x86_64'] }, 'architectures/0'],
    [{ defaultAction: 'SCMP_ACT_ERRNO', flags: ['SECCOMP_FILTER_FLAG_NEW_LISTENER'] }, 'flags/0'],
    [{ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names: [], action: 'SCMP_ACT_ALLOW' }] }, 'syscalls/0/names'],
    [{ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names: ['read', ''], action: 'SCMP_ACT_ALLOW' }] }, 'syscalls/0/names/1'],
    [{ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names: ['read'] }] }, 'syscalls/0/action'],
    [{ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names: ['read'], action: 'SCMP_ACT_ERRNO', errnoRet: 1.5 }] }, 'syscalls/0/errnoRet'],
    [{ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['read'], action: 'SCMP_ACT_NOTIFY' }] }, 'listenerPath'],
    [
      { defaultAction: 'SCMP_ACT_ALLOW', listenerPath: '/s', syscalls: [{ names: ['write'], action: 'SCMP_ACT_NOTIFY' }] },
      'syscalls/0/action',
    ],
  ])('refuses %j', (profile, where) => {
    expect(refusal(profile)).toMatchObject({ code: 'ERR_TEU_CONFIG_INVALID', pointer: `/linux/seccomp/${where}` })
  })

  it.each([
    [{ index: 6, op: 'SCMP_CMP_EQ', value: 0 }, 'index'],
    [{ index: -1, op: 'SCMP_CMP_EQ', value: 0 }, 'index'],
    [{ index: 0, op: 'SCMP_CMP_IN', value: 0 }, 'op'],
    [{ index: 0, op: 'SCMP_CMP_EQ', value: -1 }, 'value'],
    [{ index: 0, op: 'SCMP_CMP_EQ', value: 2 ** 53 }, 'value'],
    [{ index: 0, op: 'SCMP_CMP_EQ', value: 2n ** 64n }, 'value'],
    [{ index: 0, op: 'SCMP_CMP_MASKED_EQ', value: 1, valueTwo: 0.5 }, 'valueTwo'],
  ])('refuses the condition %o', (arg, where) => {
    const profile = { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names: ['read'], action: 'SCMP_ACT_ALLOW', args: [arg] }] }
    expect(refusal(profile)).toMatchObject({ code: 'ERR_TEU_CONFIG_INVALID', pointer: `/linux/seccomp/syscalls/0/args/0/${where}` })
  })

  it('ignores names that no architecture has, with one warning, and takes those of other architectures silently', () => {
    const names = ['read', 'raed', 'arm_sync_file_range', 'constructor', '__proto__', 'a.b']
    const { warnings } = compileSeccomp({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names, action: 'SCMP_ACT_ALLOW' }] }, target)
    expect(warnings).toEqual(['linux.seccomp: unknown system calls are ignored: raed, constructor, __proto__, a.b'])
  })

  it('makes a filter of a profile without entries', () => {
    expect(run({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [] }, 0)).toBe(EPERM)
    expect(run({ defaultAction: 'SCMP_ACT_ALLOW' }, 0)).toBe(ALLOW)
  })
})

describe('compileSeccomp() flags', () => {
  const profile: LinuxSeccomp = { defaultAction: 'SCMP_ACT_ALLOW' }
  const notifying: LinuxSeccomp = { ...profile, listenerPath: '/s', syscalls: [{ names: ['mkdir'], action: 'SCMP_ACT_NOTIFY' }] }

  it('are SPEC_ALLOW by default and exactly the listed ones otherwise', () => {
    expect(compileSeccomp(profile, target).flags).toBe(4)
    expect(compileSeccomp({ ...profile, flags: [] }, target).flags).toBe(0)
    expect(compileSeccomp({ ...profile, flags: ['SECCOMP_FILTER_FLAG_LOG', 'SECCOMP_FILTER_FLAG_TSYNC'] }, target).flags).toBe(3)
  })

  it('suit a listener', () => {
    expect(compileSeccomp(profile, target).notify).toBe(false)
    expect(compileSeccomp(notifying, target)).toMatchObject({ notify: true, flags: 4 })
    expect(
      compileSeccomp({ ...notifying, flags: ['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV', 'SECCOMP_FILTER_FLAG_TSYNC'] }, target).flags,
    ).toBe(49)
    const useless = compileSeccomp({ ...profile, flags: ['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'] }, target)
    expect(useless).toMatchObject({ flags: 0, warnings: [expect.stringContaining('no effect')] })
  })

  it('are refused when the kernel lacks them', () => {
    const flags: LinuxSeccomp['flags'] = ['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV']
    expect(() => compileSeccomp({ ...notifying, flags }, { ...target, kernel: [5, 18] })).toThrow(/needs Linux 5.19, this is 5.18/)
    expect(compileSeccomp({ ...notifying, flags }, { ...target, kernel: [5, 19] }).flags).toBe(32)
  })
})

describe('compileSeccomp() program', () => {
  it('finds a verdict in few steps', () => {
    const names = Object.keys(syscallNumbers('X86_64')).filter((_, i) => i % 3 !== 0)
    const profile: LinuxSeccomp = { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names, action: 'SCMP_ACT_ALLOW' }] }
    const code = decodeProgram(compileSeccomp(profile, target).program)
    const steps = Array.from({ length: 480 }, (_, number) => runFilter(code, { arch: AUDIT.X86_64, number, args: [] }).steps)
    expect(Math.max(...steps)).toBeLessThanOrEqual(13)
  })

  it('stays right when jumps span more than 255 instructions', () => {
    const names = Object.keys(syscallNumbers('X86_64'))
    const syscalls = names.slice(0, 250).map((name, i): LinuxSyscall => {
      const args: LinuxSyscall['args'] = [
        { index: 1, op: 'SCMP_CMP_GT', value: 2 ** 33 + i },
        { index: 2, op: 'SCMP_CMP_MASKED_EQ', value: 0xff00ff, valueTwo: 0x10000 + i },
      ]
      return { names: [name], action: i % 2 === 0 ? 'SCMP_ACT_ALLOW' : 'SCMP_ACT_LOG', args }
    })
    const profile: LinuxSeccomp = { defaultAction: 'SCMP_ACT_ERRNO', syscalls, architectures: ['SCMP_ARCH_X86'] }
    const { program, instructions } = compileSeccomp(profile, target)
    expect(instructions).toBeGreaterThan(2000)
    const code = decodeProgram(program)
    for (const arch of [AUDIT.X86_64, AUDIT.X86]) {
      for (let number = 0; number < 480; number++) {
        for (const second of [2n ** 33n, 2n ** 34n]) {
          const call = { arch, number, args: [0n, second, BigInt(0x10000 + number), 0n, 0n, 0n] }
          expect(runFilter(code, call).ret).toBe(modelVerdict(profile, 'X86_64', call))
        }
      }
    }
  })

  it('is refused when it is longer than the kernel takes', () => {
    const args = (value: number): LinuxSyscall['args'] => [{ index: 0, op: 'SCMP_CMP_EQ', value }]
    const syscalls = Array.from({ length: 5000 }, (_, i): LinuxSyscall => ({ names: ['read'], action: 'SCMP_ACT_ALLOW', args: args(i) }))
    expect(refusal({ defaultAction: 'SCMP_ACT_ERRNO', syscalls }).message).toMatch(/too many entries with conditions for "read"/)
    const few = syscalls.slice(0, 1900)
    expect(refusal({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: few }).message).toMatch(
      /to \d+ instructions, the kernel takes at most 4096/,
    )
    const plain = Array.from({ length: 5000 }, (_, i): LinuxSyscall => ({ names: [`call_${i}`, 'read'], action: 'SCMP_ACT_ALLOW' }))
    expect(run({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: plain }, 0)).toBe(ALLOW)
  })
})
