import type { Place } from '../place.ts'
import type {
  LinuxSeccomp,
  LinuxSeccompAction,
  LinuxSeccompArg,
  LinuxSeccompFlag,
  LinuxSeccompOperator,
  LinuxSyscall,
} from '../types/seccomp.ts'
import type { Report } from './report.ts'
import { absolutePath, emptyOr } from './rules.ts'
import { type IntegerShape, type ListShape, type ObjectShape, own, TEXT, UINT64, type WordShape } from './shape.ts'

/** Every action of the specification. */
export const SECCOMP_ACTIONS: readonly LinuxSeccompAction[] = [
  'SCMP_ACT_KILL',
  'SCMP_ACT_KILL_PROCESS',
  'SCMP_ACT_KILL_THREAD',
  'SCMP_ACT_TRAP',
  'SCMP_ACT_ERRNO',
  'SCMP_ACT_TRACE',
  'SCMP_ACT_ALLOW',
  'SCMP_ACT_LOG',
  'SCMP_ACT_NOTIFY',
]
/** Every operator of the specification. */
export const SECCOMP_OPERATORS: readonly LinuxSeccompOperator[] = [
  'SCMP_CMP_NE',
  'SCMP_CMP_LT',
  'SCMP_CMP_LE',
  'SCMP_CMP_EQ',
  'SCMP_CMP_GE',
  'SCMP_CMP_GT',
  'SCMP_CMP_MASKED_EQ',
]
/** Every filter flag of the specification. */
export const SECCOMP_FLAGS: readonly LinuxSeccompFlag[] = [
  'SECCOMP_FILTER_FLAG_TSYNC',
  'SECCOMP_FILTER_FLAG_LOG',
  'SECCOMP_FILTER_FLAG_SPEC_ALLOW',
  'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV',
]
/** Every architecture of the specification; which of them a filter can be made for is for the compiler to say. */
const ARCHITECTURES: readonly string[] = [
  'SCMP_ARCH_X86',
  'SCMP_ARCH_X86_64',
  'SCMP_ARCH_X32',
  'SCMP_ARCH_ARM',
  'SCMP_ARCH_AARCH64',
  'SCMP_ARCH_MIPS',
  'SCMP_ARCH_MIPS64',
  'SCMP_ARCH_MIPS64N32',
  'SCMP_ARCH_MIPSEL',
  'SCMP_ARCH_MIPSEL64',
  'SCMP_ARCH_MIPSEL64N32',
  'SCMP_ARCH_PPC',
  'SCMP_ARCH_PPC64',
  'SCMP_ARCH_PPC64LE',
  'SCMP_ARCH_S390',
  'SCMP_ARCH_S390X',
  'SCMP_ARCH_PARISC',
  'SCMP_ARCH_PARISC64',
  'SCMP_ARCH_RISCV64',
  'SCMP_ARCH_LOONGARCH64',
  'SCMP_ARCH_M68K',
  'SCMP_ARCH_SH',
  'SCMP_ARCH_SHEB',
]
const ACTION: WordShape = { is: 'word', of: SECCOMP_ACTIONS }
/** The kernel cuts an errno at 4095; a tracer's message has 16 bits. */
const ERRNO_MAX = 4095
const RETURN: IntegerShape = { is: 'integer', min: 0, max: 65535 }

const ARG: ObjectShape<LinuxSeccompArg> = {
  is: 'object',
  required: ['index', 'value', 'op'],
  fields: { index: { is: 'integer', min: 0, max: 5 }, value: UINT64, valueTwo: UINT64, op: { is: 'word', of: SECCOMP_OPERATORS } },
  check(arg, place, report) {
    if (own(arg, 'valueTwo') && arg.op !== 'SCMP_CMP_MASKED_EQ')
      report.problem({ up: place, key: 'valueTwo' }, `has no meaning for ${arg.op}`)
  },
}
const NAMES: ListShape<string> = { is: 'list', of: { is: 'text', rule: syscallName }, filled: true }
const RULE: ObjectShape<LinuxSyscall> = {
  is: 'object',
  required: ['names', 'action'],
  fields: { names: NAMES, action: ACTION, errnoRet: RETURN, args: { is: 'list', of: ARG } },
  check(rule, place, report) {
    const value = own(rule, 'errnoRet')
    if (value !== undefined) checkReturn(value, rule.action, { up: place, key: 'errnoRet' }, report)
  },
}

/**
 * `linux.seccomp`. Several conditions of a rule, also on one argument, are taken together (all must hold).
 * @see runtime-spec config-linux.md "Seccomp"; seccomp(2)
 */
export const SECCOMP_SHAPE: ObjectShape<LinuxSeccomp> = {
  is: 'object',
  required: ['defaultAction'],
  fields: {
    defaultAction: ACTION,
    defaultErrnoRet: RETURN,
    architectures: { is: 'list', of: { is: 'word', of: ARCHITECTURES } },
    flags: { is: 'list', of: { is: 'word', of: SECCOMP_FLAGS } },
    listenerPath: { is: 'text', rule: emptyOr(absolutePath) },
    listenerMetadata: TEXT,
    syscalls: { is: 'list', of: RULE },
  },
  check(seccomp, place, report) {
    const value = own(seccomp, 'defaultErrnoRet')
    if (value !== undefined) checkReturn(value, seccomp.defaultAction, { up: place, key: 'defaultErrnoRet' }, report)
    if (own(seccomp, 'listenerPath')) return
    if (own(seccomp, 'listenerMetadata')) report.problem({ up: place, key: 'listenerMetadata' }, 'has no meaning without listenerPath')
    if (notifies(seccomp)) report.problem({ up: place, key: 'listenerPath' }, 'required, because SCMP_ACT_NOTIFY is used')
  },
}

function notifies(seccomp: LinuxSeccomp): boolean {
  if (seccomp.defaultAction === 'SCMP_ACT_NOTIFY') return true
  for (const rule of own(seccomp, 'syscalls') ?? []) if (rule.action === 'SCMP_ACT_NOTIFY') return true
  return false
}

function checkReturn(value: number, action: LinuxSeccompAction, place: Place, report: Report): void {
  if (action === 'SCMP_ACT_TRACE') return
  if (action !== 'SCMP_ACT_ERRNO') report.problem(place, `has no meaning for ${action}`)
  else if (value > ERRNO_MAX) report.problem(place, `expected an integer from 0 to ${ERRNO_MAX}, got ${value}`)
}

function syscallName(text: string): string | undefined {
  return /^[A-Za-z0-9_]{1,64}$/.test(text) ? undefined : 'a system call name'
}
