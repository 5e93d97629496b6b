/** The meaning of a profile, written down as plainly as possible and without any code of the compiler. */

import type { LinuxSeccomp, LinuxSeccompArg, LinuxSyscall } from '@teu/spec'
import { syscallNumbers, type SyscallTable } from '../../src/seccomp/syscalls.ts'
import type { SeccompCall } from './bpf-machine.ts'

const RETURNS: Readonly<Record<string, number>> = {
  SCMP_ACT_KILL: 0,
  SCMP_ACT_KILL_THREAD: 0,
  SCMP_ACT_KILL_PROCESS: 0x80000000,
  SCMP_ACT_TRAP: 0x30000,
  SCMP_ACT_ERRNO: 0x50000,
  SCMP_ACT_NOTIFY: 0x7fc00000,
  SCMP_ACT_TRACE: 0x7ff00000,
  SCMP_ACT_LOG: 0x7ffc0000,
  SCMP_ACT_ALLOW: 0x7fff0000,
}

/** From the strictest action to the most permissive one. */
const STRICTNESS = [0x80000000, 0, 0x30000, 0x50000, 0x7fc00000, 0x7ff00000, 0x7ffc0000, 0x7fff0000]

const SOCKETCALL =
  'socket bind connect listen accept getsockname getpeername socketpair send recv sendto recvfrom shutdown setsockopt getsockopt sendmsg recvmsg accept4 recvmmsg sendmmsg'.split(
    ' ',
  )
const IPC: Readonly<Record<number, string>> = {
  1: 'semop',
  2: 'semget',
  3: 'semctl',
  4: 'semtimedop',
  11: 'msgsnd',
  12: 'msgrcv',
  13: 'msgget',
  14: 'msgctl',
  21: 'shmat',
  22: 'shmdt',
  23: 'shmget',
  24: 'shmctl',
}

/** AUDIT_ARCH_* values by table; x32 shares that of x86_64. */
export const AUDIT: Readonly<Record<SyscallTable, number>> = {
  X86_64: 0xc000003e,
  X86: 0x40000003,
  X32: 0xc000003e,
  AARCH64: 0xc00000b7,
  ARM: 0x40000028,
}
export const X32_BIT = 0x40000000

/** What the filter must return for a call. */
export function modelVerdict(profile: LinuxSeccomp, native: SyscallTable, call: SeccompCall): number {
  const fallback = returnOf(profile.defaultAction, profile.defaultErrnoRet)
  const listed = new Set([native, ...(profile.architectures ?? []).map((name) => name.replace('SCMP_ARCH_', '') as SyscallTable)])
  if (call.arch === AUDIT.X86_64 && call.number === 0xffffffff && native === 'X86_64') return fallback
  const isX32 = call.arch === AUDIT.X86_64 && call.number >= X32_BIT
  const table = (['X86_64', 'X86', 'AARCH64', 'ARM'] as const).find((name) => AUDIT[name] === call.arch)
  const arch = isX32 ? 'X32' : table
  if (arch === undefined || !listed.has(arch) || !family(native).includes(arch)) return 0
  const number = isX32 ? call.number - X32_BIT : call.number

  const byName = syscallNumbers(arch)
  const decided = decision(profile, arch, fallback, call, (name) => byName[name] === number)
  if (decided !== undefined) return decided
  if (arch === 'X86' && number === byName.socketcall) {
    const name = SOCKETCALL[Number(call.args[0]! & 0xffffffffn) - 1]
    const muxed = muxedDecision(profile, fallback, name)
    if (muxed !== undefined) return muxed
  }
  if (arch === 'X86' && number === byName.ipc) {
    const muxed = muxedDecision(profile, fallback, IPC[Number(call.args[0]! & 0xffffn)])
    if (muxed !== undefined) return muxed
  }
  // Only the private calls of arm can be named and above the highest at once.
  if (effective(profile, fallback, (name) => byName[name] === number).length > 0) return fallback
  const mentioned = (profile.syscalls ?? []).flatMap((entry) => entry.names.map((name) => byName[name] ?? -1)).filter((n) => n < 0xf0000)
  const highest = Math.max(-1, ...mentioned)
  return profile.defaultAction === 'SCMP_ACT_ERRNO' && highest >= 0 && number > highest ? 0x50000 + 38 : fallback
}

function family(native: SyscallTable): SyscallTable[] {
  return native === 'X86_64' ? ['X86_64', 'X86', 'X32'] : native === 'AARCH64' ? ['AARCH64', 'ARM'] : [native]
}

function returnOf(action: string, errno: number | undefined): number {
  return RETURNS[action]! + (action === 'SCMP_ACT_ERRNO' || action === 'SCMP_ACT_TRACE' ? (errno ?? 1) : 0)
}

function effective(profile: LinuxSeccomp, fallback: number, named: (name: string) => boolean): LinuxSyscall[] {
  return (profile.syscalls ?? []).filter((entry) => entry.names.some(named) && returnOf(entry.action, entry.errnoRet) !== fallback)
}

function decision(
  profile: LinuxSeccomp,
  arch: SyscallTable,
  fallback: number,
  call: SeccompCall,
  named: (name: string) => boolean,
): number | undefined {
  const entries = effective(profile, fallback, named)
  const entry = entries.find((entry) => !entry.args?.length) ?? entries.find((entry) => entry.args!.every((arg) => holds(arg, arch, call)))
  return entry && returnOf(entry.action, entry.errnoRet)
}

function muxedDecision(profile: LinuxSeccomp, fallback: number, name: string | undefined): number | undefined {
  const entries = name === undefined ? [] : effective(profile, fallback, (other) => other === name)
  const rank = (entry: LinuxSyscall): number => STRICTNESS.indexOf(RETURNS[entry.action]!)
  const limit = STRICTNESS.indexOf((fallback & 0xffff0000) >>> 0)
  const entry = entries.find((entry) => !entry.args?.length) ?? entries.find((entry) => rank(entry) < limit)
  return entry && returnOf(entry.action, entry.errnoRet)
}

function holds(arg: LinuxSeccompArg, arch: SyscallTable, call: SeccompCall): boolean {
  const wide = arch !== 'X86' && arch !== 'ARM'
  const narrow = (value: bigint): bigint => (!wide && value >= 0xffffffff80000000n ? value & 0xffffffffn : value)
  const actual = wide ? call.args[arg.index]! : call.args[arg.index]! & 0xffffffffn
  const value = narrow(BigInt(arg.value))
  if (arg.op === 'SCMP_CMP_NE') return actual !== value
  if (arg.op === 'SCMP_CMP_LT') return actual < value
  if (arg.op === 'SCMP_CMP_LE') return actual <= value
  if (arg.op === 'SCMP_CMP_EQ') return actual === value
  if (arg.op === 'SCMP_CMP_GE') return actual >= value
  if (arg.op === 'SCMP_CMP_GT') return actual > value
  return (actual & value) === (narrow(BigInt(arg.valueTwo ?? 0)) & value)
}
