import { describe, expect, it } from 'vitest'
import { decodeProgram, runFilter } from '../../test/seccomp/bpf-machine.ts'
import { AUDIT, X32_BIT } from '../../test/seccomp/profile-model.ts'
import { compileSeccomp } from './compile.ts'
import { defaultSeccompProfile } from './default-profile.ts'
import { isSyscallName, syscallNumbers } from './syscalls.ts'

const ALLOW = 0x7fff0000
const EPERM = 0x50001
const ENOSYS = 0x50026
const x64 = syscallNumbers('X86_64')

function verdicts(capabilities: readonly string[], machine = 'x86_64'): (name: string, ...args: number[]) => number {
  const code = decodeProgram(compileSeccomp(defaultSeccompProfile({ capabilities }), { machine }).program)
  const table = machine === 'x86_64' ? 'X86_64' : 'AARCH64'
  return (name, ...args) => {
    const call = { arch: AUDIT[table], number: syscallNumbers(table)[name]!, args: [...args, 0, 0, 0, 0, 0, 0].slice(0, 6).map(BigInt) }
    return runFilter(code, call).ret
  }
}

describe('defaultSeccompProfile()', () => {
  it('names only system calls that exist, each once', () => {
    const { syscalls = [] } = defaultSeccompProfile({ capabilities: ['CAP_SYS_ADMIN', 'CAP_SYS_PTRACE'] })
    const names = syscalls.filter(({ args }) => args === undefined).flatMap((entry) => entry.names)
    expect(names.filter((name) => !isSyscallName(name))).toEqual([])
    expect(new Set(names).size).toBe(names.length)
  })

  it.each(['x86_64', 'i686', 'aarch64', 'armv7l'])('compiles for %s without warnings', (machine) => {
    expect(compileSeccomp(defaultSeccompProfile({ capabilities: [] }), { machine })).toMatchObject({
      warnings: [],
      flags: 4,
      notify: false,
    })
  })

  it.each(['x86_64', 'aarch64'])('lets programs start, compute, talk and end on %s', (machine) => {
    const verdict = verdicts([], machine)
    for (const name of [
      'execve',
      'mmap',
      'openat',
      'read',
      'write',
      'futex',
      'rseq',
      'exit_group',
      'ppoll',
      'connect',
      'getrandom',
      'wait4',
    ]) {
      expect([name, verdict(name)]).toEqual([name, ALLOW])
    }
    expect(verdict('clone', 0x3d0f00)).toBe(ALLOW)
    expect(verdict('clone3')).toBe(ENOSYS)
  })

  it.each([
    ['CAP_SYS_ADMIN', ['mount', 'unshare', 'setns', 'clone3', 'bpf', 'keyctl', 'fsopen', 'perf_event_open']],
    ['CAP_BPF', ['bpf']],
    ['CAP_PERFMON', ['perf_event_open']],
    ['CAP_SYS_PTRACE', ['userfaultfd', 'kcmp', 'pidfd_getfd']],
    ['CAP_SYS_MODULE', ['init_module', 'finit_module', 'delete_module']],
    ['CAP_SYS_TIME', ['clock_settime', 'settimeofday']],
    ['CAP_SYS_CHROOT', ['chroot']],
    ['CAP_DAC_READ_SEARCH', ['open_by_handle_at']],
    ['CAP_SYS_BOOT', ['reboot', 'kexec_load']],
    ['CAP_SYSLOG', ['syslog']],
  ])('opens with %s what needs it, and not before', (capability, names) => {
    const [without, having] = [verdicts([]), verdicts([capability])]
    for (const name of names) {
      expect([name, without(name, 0x10000000)]).toEqual([name, name === 'clone3' ? ENOSYS : EPERM])
      expect([name, having(name, 0x10000000)]).toEqual([name, ALLOW])
    }
  })

  it('never opens io_uring, create_module or modify_ldt', () => {
    const all = verdicts(['CAP_SYS_ADMIN', 'CAP_SYS_RAWIO', 'CAP_SYS_MODULE', 'CAP_SYS_PTRACE', 'CAP_NET_ADMIN'])
    expect(['io_uring_setup', 'io_uring_enter', 'io_uring_register', 'create_module', 'modify_ldt'].map((name) => all(name))).toEqual([
      ENOSYS,
      ENOSYS,
      ENOSYS,
      EPERM,
      EPERM,
    ])
  })

  it('opens socket families by capability', () => {
    const [none, raw, admin, audit] = [verdicts([]), verdicts(['CAP_NET_RAW']), verdicts(['CAP_NET_ADMIN']), verdicts(['CAP_AUDIT_WRITE'])]
    expect([1, 2, 10].map((family) => none('socket', family))).toEqual([ALLOW, ALLOW, ALLOW])
    expect([none('socket', 17), raw('socket', 17)]).toEqual([EPERM, ALLOW])
    expect([none('socket', 16, 3, 12), admin('socket', 16, 3, 12)]).toEqual([EPERM, ALLOW])
    expect([none('socket', 16, 3, 9), audit('socket', 16, 3, 9), admin('socket', 16, 3, 9)]).toEqual([0x50016, ALLOW, ALLOW])
    for (const verdict of [none, raw, admin, audit]) expect(verdict('socket', 38)).toBe(0x50061)
  })

  it('kills x32 programs', () => {
    const code = decodeProgram(compileSeccomp(defaultSeccompProfile({ capabilities: [] }), { machine: 'x86_64' }).program)
    expect(runFilter(code, { arch: AUDIT.X86_64, number: X32_BIT + x64.getpid!, args: [] }).ret).toBe(0)
  })
})
