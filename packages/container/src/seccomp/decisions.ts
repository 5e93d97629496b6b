/** What a profile decides, per architecture and system call number. Where entries meet, the result is that of runc with libseccomp:
 *
 *  - An entry whose action is the default one is left out.
 *  - An unconditional entry decides its system call alone, whatever stands before or after it; of several, the first.
 *  - Otherwise the first entry in the profile whose conditions all hold decides, and the default action when there is none.
 *    (libseccomp orders overlapping conditions by an internal rule instead of by their place in the profile.)
 *  - The same conditions with two different actions are refused.
 *
 *  This is on the way of every container's start, and a command line runs it once, before any compiler has looked at it: hence
 *  numbered verdicts in typed arrays instead of objects in maps.
 */

import { isStricter } from './action.ts'
import type { FilterArch } from './architecture.ts'
import { conditionsKey } from './condition.ts'
import { MAX_INSTRUCTIONS } from './bpf-writer.ts'
import { type Multiplexer, multiplexers } from './multiplexed.ts'
import { profileError, shown } from './profile-error.ts'
import type { Entry, Rule } from './rules.ts'
import { isSyscallName, type SyscallNumbers, syscallNumbers } from './syscalls.ts'

/** A return value, or rules of which the first that matches decides, and else the default action. */
export type Verdict = number | readonly Rule[]
type GrowingVerdict = number | Rule[]

/** The decisions for one architecture. */
export interface ArchDecisions {
  readonly arch: FilterArch
  /** Index of the verdict, by slot: the number in the architecture's table, {@link PRIVATE_SLOTS} + n for `__ARM_NR_BASE` + n. */
  readonly ids: Uint32Array
  /** Highest number that the profile mentions, whatever the action and leaving out arm's private ones; -1 when it mentions none. */
  readonly highest: number
}

export interface Decisions {
  /** By index. The first is the default action. */
  readonly verdicts: readonly Verdict[]
  readonly archs: readonly ArchDecisions[]
  /** Names that no architecture has: spelling mistakes, or system calls newer than the tables. */
  readonly unknown: readonly string[]
}

/** First of the private calls of arm (`__ARM_NR_BASE`): far above, and not newer than, the common ones. */
export const ARM_PRIVATE = 0xf0000
/** Where they stand in {@link ArchDecisions.ids}. */
export const PRIVATE_SLOTS = 1000
const SLOTS = 1024

/** An architecture while entries are read. */
interface Table extends ArchDecisions {
  readonly numbers: SyscallNumbers
  readonly muxes: readonly Multiplexer[]
  highest: number
}

/** Decides every system call that the profile names.
 *  @param warn  called when an unconditional entry makes others without effect
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID for two actions on the same conditions, or a name that is none */
export function decide(
  entries: readonly Entry[],
  defaultRet: number,
  archs: readonly FilterArch[],
  warn: (text: string) => void,
): Decisions {
  const verdicts: GrowingVerdict[] = [defaultRet]
  const unknown = new Set<string>()
  const tables = archs.map((arch): Table => {
    return { arch, ids: new Uint32Array(SLOTS), highest: -1, numbers: syscallNumbers(arch.name), muxes: multiplexers(arch.name) }
  })
  for (const table of tables) {
    for (const entry of entries) addNames(verdicts, table, entry, defaultRet, unknown, warn)
    for (const mux of table.muxes) addMultiplexed(verdicts, table, mux)
  }
  return {
    verdicts,
    archs: tables,
    unknown: [...unknown].filter((name) => !tables.some(({ numbers }) => typeof numbers[name] === 'number')),
  }
}

function addNames(
  verdicts: GrowingVerdict[],
  table: Table,
  entry: Entry,
  defaultRet: number,
  unknown: Set<string>,
  warn: (text: string) => void,
): void {
  const { numbers, ids } = table
  const { names, ret, conditions } = entry
  const isDefault = ret === defaultRet
  const fixedId = isDefault || conditions.length > 0 ? 0 : verdictId(verdicts, ret)
  for (const name of names) {
    let slot: number | undefined = numbers[name]
    if (typeof slot !== 'number') {
      slot = standInSlot(table.muxes, name)
      if (slot === undefined) {
        addUnknown(unknown, name, entry)
        continue
      }
    }
    if (slot > table.highest) {
      if (slot >= ARM_PRIVATE) slot += PRIVATE_SLOTS - ARM_PRIVATE
      else if (slot < STAND_IN_SLOTS) table.highest = slot
    }
    if (isDefault) continue
    const before = ids[slot] as number
    if (before === 0 && fixedId !== 0) ids[slot] = fixedId
    else ids[slot] = addEntry(verdicts, before, fixedId, entry, name, warn)
  }
}

/** Index of a return value, which is added when it is new. */
export function verdictId(verdicts: (number | readonly Rule[])[], ret: number): number {
  const known = verdicts.indexOf(ret)
  return known >= 0 ? known : verdicts.push(ret) - 1
}

/** The verdict, by index, on a system call that had one before or whose entry has conditions. */
function addEntry(
  verdicts: GrowingVerdict[],
  before: number,
  fixedId: number,
  entry: Entry,
  name: string,
  warn: (text: string) => void,
): number {
  if (before === 0) return verdicts.push([entry]) - 1
  const known = verdicts[before] as GrowingVerdict
  if (typeof known === 'number') {
    if (entry.conditions.length > 0 && known !== entry.ret) warn(overridden(name, entry))
    return before
  }
  if (fixedId !== 0) {
    if (known.some((rule) => rule.ret !== entry.ret)) warn(overridden(name, entry))
    return fixedId
  }
  const same = known.find((rule) => rule.key === entry.key)
  if (same === undefined) {
    // Each takes a load and a jump at least; beyond this the program could not be loaded, and comparing each with each takes long.
    if (known.length > MAX_INSTRUCTIONS / 2) throw profileError(entry.path, `too many entries with conditions for "${name}"`)
    known.push(entry)
  } else if (same.ret !== entry.ret) {
    throw profileError([...entry.path, 'action'], `another entry has a different action for "${name}" with the same conditions`)
  }
  return before
}

function overridden(name: string, entry: Entry): string {
  return `linux.seccomp: an entry for "${name}" without conditions overrides the ones with conditions (seen at /linux/seccomp/${entry.path.join('/')})`
}

function addUnknown(unknown: Set<string>, name: unknown, entry: Entry): void {
  if (typeof name !== 'string' || name === '') {
    const path = [...entry.path, 'names', (entry.names as readonly unknown[]).indexOf(name)]
    throw profileError(path, `expected the name of a system call, got ${shown(name)}`)
  }
  if (!isSyscallName(name)) unknown.add(name)
}

/** Calls that exist behind a multiplexer only have slots of their own, which no filter looks at. */
const STAND_IN_SLOTS = 800

function standInSlot(muxes: readonly Multiplexer[], name: string): number | undefined {
  for (const mux of muxes) {
    const call = mux.calls.get(name)
    if (call !== undefined) return STAND_IN_SLOTS + mux.slot + call
  }
  return undefined
}

/** Carries the decisions on system calls over to the call that multiplexes them.
 *
 *  Its arguments are behind a pointer, where no filter can look. An entry with conditions therefore counts without them when it is
 *  stricter than the default action, and not at all otherwise: nothing gets through that the profile does not allow for certain.
 *  (libseccomp drops a condition on the first argument and compares the others with the pointer.) */
function addMultiplexed(verdicts: GrowingVerdict[], { ids, numbers }: Table, mux: Multiplexer): void {
  const own = numbers[mux.name] as number
  const verdict = ids[own] === 0 ? [] : (verdicts[ids[own] as number] as GrowingVerdict)
  if (typeof verdict === 'number') return
  const rules = [...verdict]
  for (const [name, call] of mux.calls) {
    const slot = numbers[name] ?? standInSlot([mux], name) ?? 0
    const id = ids[slot] as number
    if (id === 0) continue
    const direct = verdicts[id] as GrowingVerdict
    const ret = typeof direct === 'number' ? direct : direct.find((rule) => isStricter(rule.ret, verdicts[0] as number))?.ret
    if (ret === undefined) continue
    const conditions = [mux.condition(call)]
    rules.push({ conditions, key: conditionsKey(conditions), ret })
  }
  if (rules.length > verdict.length) ids[own] = verdicts.push(rules) - 1
}
