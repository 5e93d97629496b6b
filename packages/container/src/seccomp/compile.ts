/** Compiles the `linux.seccomp` object of an OCI configuration to a filter for seccomp(2). */

import type { LinuxSeccomp } from '@teu/spec'
import { actionOf, actionReturn, ENOSYS, SECCOMP_RET_ERRNO, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_USER_NOTIF } from './action.ts'
import { AUDIT_X86_64, type FilterArch, filterArchitectures, isArchitectureName } from './architecture.ts'
import { BpfWriter, JEQ, type Label, MAX_INSTRUCTIONS } from './bpf-writer.ts'
import { writeCondition } from './condition.ts'
import { Ranges, writeSearch } from './decision-tree.ts'
import { filterFlags } from './filter-flags.ts'
import { profileError, shown } from './profile-error.ts'
import { type ArchDecisions, ARM_PRIVATE, decide, type Decisions, PRIVATE_SLOTS, type Verdict, verdictId } from './decisions.ts'
import { type Entry, parseEntries, type Rule } from './rules.ts'
import { X32_BIT } from './syscalls.ts'

/** A filter, ready for teu-init. */
export interface CompiledSeccomp {
  /** An array of struct sock_filter, little endian. */
  readonly program: Uint8Array
  /** SECCOMP_FILTER_FLAG_* bits, without NEW_LISTENER. */
  readonly flags: number
  /** The program can return SECCOMP_RET_USER_NOTIF: it needs a listener. */
  readonly notify: boolean
  readonly instructions: number
  /** What was ignored, one sentence each. */
  readonly warnings: readonly string[]
}

/** The machine that the filter is for. */
export interface SeccompTarget {
  /** Machine name of uname(2). */
  readonly machine: string
  /** Kernel version; flags that it lacks are refused. Without it every flag is taken. */
  readonly kernel?: readonly [major: number, minor: number]
}

/** The call by which teu-init reports after the filter is loaded: its reports must not wait for a listener. runc refuses the same. */
const REPORTING_CALL = 'write'

/** Offsets in struct seccomp_data. */
const NUMBER_OFFSET = 0
const ARCH_OFFSET = 4
/** The number that the kernel shows when a tracer has cancelled a call. */
const CANCELLED = 0xffffffff

/** Compiles a profile. Pure, and fast enough for every start: some 0.2 ms for the profiles that engines ship.
 *
 *  - Conditions of an entry are joined by AND, on all 64 bits of an argument (32 on 32-bit architectures). Bits of `valueTwo` outside
 *    the mask of SCMP_CMP_MASKED_EQ do not count. How entries on the same call combine: see `rules.ts`.
 *  - The machine's own architecture is always part of the filter. A call from any other architecture that the profile does not list,
 *    x32 included, kills the thread (libseccomp's default).
 *  - With the default action SCMP_ACT_ERRNO, numbers above the highest that the profile mentions get ENOSYS, as in runc: C libraries
 *    then fall back to an older call, as they would on the kernel that the profile's author knew.
 *  - Names that no architecture has are ignored with a warning.
 *  - Without `flags`, SECCOMP_FILTER_FLAG_SPEC_ALLOW is set, as in runc; an empty list sets none.
 *
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID with the JSON pointer; ERR_TEU_UNSUPPORTED for a machine without tables or a flag that
 *    the kernel lacks
 *  @see runtime-spec config-linux.md "Seccomp"; seccomp(2); kernel userspace-api/seccomp_filter */
export function compileSeccomp(profile: LinuxSeccomp, target: SeccompTarget): CompiledSeccomp {
  const warnings = new Set<string>()
  const warn = (text: string): unknown => warnings.add(text)
  const defaultRet = actionReturn(profile.defaultAction, profile.defaultErrnoRet, [], 'defaultAction', 'defaultErrnoRet')
  const archs = parseArchitectures(profile, target.machine)
  const entries = parseEntries(profile.syscalls ?? [], defaultRet, warn)
  checkNotify(profile, defaultRet, entries)

  const decisions = decide(entries, defaultRet, archs, warn)
  if (decisions.unknown.length > 0) warn(`linux.seccomp: unknown system calls are ignored: ${decisions.unknown.join(', ')}`)
  const writer = new BpfWriter()
  writeFilter(writer, decisions)
  if (writer.length > MAX_INSTRUCTIONS) {
    throw profileError(
      ['syscalls'],
      `the profile compiles to ${writer.length} instructions, the kernel takes at most ${MAX_INSTRUCTIONS}`,
      'Use fewer entries with conditions',
    )
  }
  const notify = writer.returns(SECCOMP_RET_USER_NOTIF)
  return {
    program: writer.program(),
    flags: filterFlags(profile.flags, notify, target.kernel, warn),
    notify,
    instructions: writer.length,
    warnings: [...warnings],
  }
}

function parseArchitectures(profile: LinuxSeccomp, machine: string): FilterArch[] {
  const names = profile.architectures ?? []
  for (const [i, name] of names.entries()) {
    if (!isArchitectureName(name)) {
      throw profileError(['architectures', i], `expected an architecture such as SCMP_ARCH_X86_64, got ${shown(name)}`)
    }
  }
  return filterArchitectures(machine, names)
}

function checkNotify(profile: LinuxSeccomp, defaultRet: number, entries: readonly Entry[]): void {
  if (defaultRet === SECCOMP_RET_USER_NOTIF) throw profileError(['defaultAction'], 'SCMP_ACT_NOTIFY cannot be the default action')
  const notifying = entries.filter((entry) => entry.ret === SECCOMP_RET_USER_NOTIF)
  for (const { names, path } of notifying) {
    if (names.includes(REPORTING_CALL)) throw profileError([...path, 'action'], `SCMP_ACT_NOTIFY cannot be used for ${REPORTING_CALL}`)
  }
  if (notifying.length > 0 && !profile.listenerPath) {
    throw profileError(['listenerPath'], 'SCMP_ACT_NOTIFY needs the path of a socket that receives the listener')
  }
}

/** The whole program: choose by architecture, then search by number, then test arguments. */
function writeFilter(writer: BpfWriter, { verdicts: decided, archs }: Decisions): void {
  const verdicts = [...decided]
  const sections = new Map<number, Label>()
  const blocks = new Map<string, Label>()
  const audits = new Set(archs.map(({ arch }) => arch.audit))
  // Written from the end: the first architecture, the machine's own, ends up nearest to the entry.
  for (const audit of [...audits].reverse()) {
    const group = archs.filter(({ arch }) => arch.audit === audit)
    const ranges = auditRanges(group, verdicts)
    const wide = group[0]?.arch.wide === true
    const search = writeSearch(writer, ranges, (id) => {
      const verdict = verdicts[id] as Verdict
      return typeof verdict === 'number' ? writer.ret(verdict) : writeBlock(writer, blocks, verdict, wide, verdicts[0] as number)
    })
    sections.set(audit, writer.load(NUMBER_OFFSET, search))
  }
  let next = writer.ret(SECCOMP_RET_KILL_THREAD)
  for (const [audit, section] of sections) next = writer.jump(JEQ, audit, section, next)
  writer.load(ARCH_OFFSET, next)
}

/** The verdicts on all numbers of architectures that share a value of `seccomp_data.arch`, as x86_64 and x32 do.
 *  @param verdicts  gets the return values that the profile does not mention */
function auditRanges(archs: readonly ArchDecisions[], verdicts: Verdict[]): Ranges {
  const ranges = new Ranges()
  for (const { arch, ids, highest } of archs) {
    const base = arch.numberBase
    const beyond =
      highest >= 0 && actionOf(verdicts[0] as number) === SECCOMP_RET_ERRNO ? verdictId(verdicts, SECCOMP_RET_ERRNO | ENOSYS) : 0
    if (base > 0) ranges.from(base, 0)
    for (let number = 0, last = 0; number <= highest; number++) {
      const id = ids[number] as number
      if (id !== last) ranges.from(base + number, (last = id))
    }
    ranges.from(base + highest + 1, beyond)
    if (arch.name === 'ARM') addPrivate(ranges, ids, beyond)
  }
  if (archs[0]?.arch.audit === AUDIT_X86_64) {
    if (!archs.some(({ arch }) => arch.numberBase === X32_BIT)) ranges.from(X32_BIT, verdictId(verdicts, SECCOMP_RET_KILL_THREAD))
    ranges.from(CANCELLED, 0)
  }
  return ranges
}

function addPrivate(ranges: Ranges, ids: Uint32Array, beyond: number): void {
  for (const [i, id] of ids.subarray(PRIVATE_SLOTS).entries()) {
    if (id === 0) continue
    ranges.from(ARM_PRIVATE + i, id)
    ranges.from(ARM_PRIVATE + i + 1, beyond)
  }
}

/** The code of some rules, which is written once for all system calls that have the same. */
function writeBlock(writer: BpfWriter, blocks: Map<string, Label>, rules: readonly Rule[], wide: boolean, defaultRet: number): Label {
  const key = `${wide ? 64 : 32} ${rules.map((rule) => `${rule.key}>${rule.ret}`).join(' ')}`
  let block = blocks.get(key)
  if (block === undefined) blocks.set(key, (block = writeRules(writer, rules, wide, defaultRet)))
  return block
}

function writeRules(writer: BpfWriter, rules: readonly Rule[], wide: boolean, defaultRet: number): Label {
  let otherwise = writer.ret(defaultRet)
  for (const rule of rules.toReversed()) {
    let match = writer.ret(rule.ret)
    for (const condition of rule.conditions.toReversed()) match = writeCondition(writer, condition, wide, match, otherwise)
    otherwise = match
  }
  return otherwise
}
