/** Device rules in a form in which they can be compared. Plain loops here and in v1-writes.ts: they run once, cold, in each command that makes
 *  a container, where list methods with their closures took twice as long. */

import type { LinuxDeviceCgroup } from '@teu/spec'
import { TeuError } from '@teu/spec'

/** Access letters as bits, in the kernel's values (BPF_DEVCG_ACC_*). */
export const MKNOD = 1
export const READ = 2
export const WRITE = 4
export const ALL_ACCESS = 7

/** Stands for every number. */
export const ANY = -1

/** Largest numbers that the kernel's dev_t holds. */
const MAX_MAJOR = 0xfff
const MAX_MINOR = 0xfffff

/** A set of devices and ways to use them. */
export interface DevicePattern {
  readonly kind: 'c' | 'b'
  readonly major: number
  readonly minor: number
  /** Bits of {@link MKNOD}, {@link READ}, {@link WRITE}. */
  readonly access: number
}

export interface DeviceRule extends DevicePattern {
  readonly allow: boolean
  /** Position in the list that it came from. */
  readonly index: number
}

/** Rules without what has no effect. */
export interface RuleList {
  /** What holds for everything that no rule matches. */
  readonly allowByDefault: boolean
  /** In the order in which they were given. For each access letter the last one that matches decides. */
  readonly rules: readonly DeviceRule[]
}

/** Reads the rules of a configuration.
 *
 *  For each of the letters r, w and m the last rule that matches the device decides; a device may be used in some way when every letter
 *  of it is allowed. Without a matching rule the answer is no. This is how cgroup v1's lists behave when a rule is written after another,
 *  except that v1 keeps a narrower rule from taking effect inside a wider one; see `v1DeviceWrites()`.
 *
 *  A rule of type `a` is about both kinds. Only one that also has every number and every letter is the "everything" of cgroup v1: the
 *  kernel takes any line that begins with `a` for that, so that `a *:* m` would give out read and write as well.
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID for numbers that no device has and for unknown types and letters */
export function readRules(rules: readonly LinuxDeviceCgroup[]): RuleList {
  let allowByDefault = false
  let parsed: DeviceRule[] = []
  for (const [index, rule] of rules.entries()) {
    const { access, kinds, major, minor } = parseRule(rule, index)
    if (kinds === BOTH_KINDS && major === ANY && minor === ANY && access === ALL_ACCESS) {
      allowByDefault = rule.allow === true
      parsed = []
    } else {
      for (const kind of kinds) parsed.push({ kind, major, minor, access, allow: rule.allow === true, index })
    }
  }
  return { allowByDefault, rules: withoutIdle(lastWords(parsed), allowByDefault) }
}

/** True when `a` has every device of `b`, whatever the access. */
export function covers(a: DevicePattern, b: DevicePattern): boolean {
  return a.kind === b.kind && (a.major === ANY || a.major === b.major) && (a.minor === ANY || a.minor === b.minor)
}

/** True when some device belongs to both, whatever the access. */
export function overlaps(a: DevicePattern, b: DevicePattern): boolean {
  const meet = (x: number, y: number): boolean => x === ANY || y === ANY || x === y
  return a.kind === b.kind && meet(a.major, b.major) && meet(a.minor, b.minor)
}

type Kind = DevicePattern['kind']

/** Type `a`. */
const BOTH_KINDS: readonly Kind[] = ['c', 'b']
const KINDS: Readonly<Record<string, readonly Kind[]>> = { a: BOTH_KINDS, b: ['b'], c: ['c'] }

interface ParsedRule extends Omit<DevicePattern, 'kind'> {
  readonly kinds: readonly Kind[]
}

function parseRule({ type, major = ANY, minor = ANY, access }: LinuxDeviceCgroup, index: number): ParsedRule {
  const name = type || 'a'
  const bits = parseAccess(access)
  const kinds = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined
  if (kinds === undefined) throw ruleError(index, 'type', `expected a, b or c, got ${JSON.stringify(type)}`)
  if (!isNumberUpTo(major, MAX_MAJOR)) throw ruleError(index, 'major', `expected an integer from -1 to ${MAX_MAJOR}, got ${String(major)}`)
  if (!isNumberUpTo(minor, MAX_MINOR)) throw ruleError(index, 'minor', `expected an integer from -1 to ${MAX_MINOR}, got ${String(minor)}`)
  if (bits === undefined) throw ruleError(index, 'access', `expected a combination of r, w and m, got ${JSON.stringify(access)}`)
  return { kinds, major, minor, access: bits }
}

function isNumberUpTo(value: number, limit: number): boolean {
  return Number.isInteger(value) && value >= ANY && value <= limit
}

const LETTERS: Readonly<Record<string, number>> = { r: READ, w: WRITE, m: MKNOD }

/** Without letters, all of them. */
function parseAccess(access: string | undefined): number | undefined {
  if (access === undefined || access === '') return ALL_ACCESS
  if (access.length > 3) return undefined
  let bits = 0
  for (const letter of access) {
    const bit = LETTERS[letter]
    if (bit === undefined) return undefined
    bits |= bit
  }
  return bits
}

/** Takes from each rule the letters about which a later one decides for all its devices, and drops it when none are left. */
function lastWords(rules: readonly DeviceRule[]): DeviceRule[] {
  const exact = new Map<string, number>()
  const wide: DeviceRule[] = []
  const kept: DeviceRule[] = []
  for (let at = rules.length - 1; at >= 0; at -= 1) {
    const rule = rules[at] as DeviceRule
    const key = `${rule.kind}${rule.major}:${rule.minor}`
    let decided = exact.get(key) ?? 0
    for (const later of wide) if (covers(later, rule)) decided |= later.access
    const access = rule.access & ~decided
    if (access === 0) continue
    kept.push(access === rule.access ? rule : { ...rule, access })
    exact.set(key, decided | access)
    if (rule.major === ANY || rule.minor === ANY) wide.push(rule)
  }
  return kept.reverse()
}

/** Drops rules that say what holds anyway, because nothing before them says otherwise about any of their devices. */
function withoutIdle(rules: readonly DeviceRule[], allowByDefault: boolean): DeviceRule[] {
  const contrary: DeviceRule[] = []
  const kept: DeviceRule[] = []
  for (const rule of rules) {
    if (rule.allow !== allowByDefault) contrary.push(rule)
    else if (!contrary.some((other) => (other.access & rule.access) !== 0 && overlaps(other, rule))) continue
    kept.push(rule)
  }
  return kept
}

function ruleError(index: number, key: string, problem: string): TeuError {
  return new TeuError('ERR_TEU_CONFIG_INVALID', `linux.resources.devices[${index}].${key}: ${problem}`, {
    pointer: `/linux/resources/devices/${index}/${key}`,
  })
}
