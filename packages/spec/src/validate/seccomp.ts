import type { LinuxSeccompAction, LinuxSeccompFlag, LinuxSeccompOperator } from '../types/seccomp.ts'
import { type Fields, UINT64_MAX } from './fields.ts'
import { absolutePath, emptyOr, oneOf, type StringRule } from './rules.ts'

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
const ARCHITECTURES: readonly string[] = (
  'X86 X86_64 X32 ARM AARCH64 MIPS MIPS64 MIPS64N32 MIPSEL MIPSEL64 MIPSEL64N32 PPC PPC64 PPC64LE ' +
  'S390 S390X PARISC PARISC64 RISCV64 LOONGARCH64 M68K SH SHEB'
)
  .split(' ')
  .map((name) => `SCMP_ARCH_${name}`)

const syscallName: StringRule = (text) => (/^[A-Za-z0-9_]{1,64}$/.test(text) ? undefined : 'a system call name')
const isAction = oneOf(SECCOMP_ACTIONS)
const isOperator = oneOf(SECCOMP_OPERATORS)

/**
 * Checks `linux.seccomp`. Several conditions of a rule, also on one argument, are taken together (all must hold).
 * @see runtime-spec config-linux.md "Seccomp"; seccomp(2)
 */
export function checkSeccomp(seccomp: Fields | undefined): void {
  if (seccomp === undefined) return
  seccomp.require('defaultAction')
  const defaultAction = seccomp.string('defaultAction', isAction)
  checkErrno(seccomp, 'defaultErrnoRet', defaultAction)
  seccomp.strings('architectures', oneOf(ARCHITECTURES))
  seccomp.strings('flags', oneOf(SECCOMP_FLAGS))
  let notifies = defaultAction === 'SCMP_ACT_NOTIFY'
  for (const rule of seccomp.objects('syscalls')) {
    if (checkRule(rule) === 'SCMP_ACT_NOTIFY') notifies = true
  }
  checkListener(seccomp, notifies)
}

function checkRule(rule: Fields): string | undefined {
  rule.require('names', 'action')
  const names = rule.strings('names', syscallName)
  if (names?.length === 0) rule.expected('names', 'at least one system call name')
  const action = rule.string('action', isAction)
  checkErrno(rule, 'errnoRet', action)
  for (const arg of rule.objects('args')) checkArg(arg)
  return action
}

function checkArg(arg: Fields): void {
  arg.require('index', 'value', 'op')
  arg.integer('index', 0, 5)
  arg.integer('value', 0, UINT64_MAX)
  const valueTwo = arg.integer('valueTwo', 0, UINT64_MAX)
  const op = arg.string('op', isOperator)
  if (valueTwo && op !== undefined && op !== 'SCMP_CMP_MASKED_EQ') arg.problem('valueTwo', `has no meaning for ${op}`)
}

/** The kernel cuts an errno at 4095; a tracer's message has 16 bits. */
function checkErrno(fields: Fields, key: string, action: string | undefined): void {
  const value = fields.integer(key, 0, action === 'SCMP_ACT_TRACE' ? 65535 : 4095)
  if (value === undefined || action === undefined || action === 'SCMP_ACT_ERRNO' || action === 'SCMP_ACT_TRACE') return
  fields.problem(key, `has no meaning for ${action}`)
}

function checkListener(seccomp: Fields, notifies: boolean): void {
  const path = seccomp.string('listenerPath', emptyOr(absolutePath))
  const metadata = seccomp.string('listenerMetadata')
  if (notifies && !seccomp.value('listenerPath')) seccomp.problem('listenerPath', 'required, because SCMP_ACT_NOTIFY is used')
  if (metadata && !path) seccomp.problem('listenerMetadata', 'has no meaning without listenerPath')
}
