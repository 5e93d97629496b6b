/** Device rules as lines for `devices.allow` and `devices.deny` of cgroup v1. */

import type { LinuxDeviceCgroup } from '@teu/spec'
import { TeuError } from '@teu/spec'
import { ANY, covers, type DevicePattern, type DeviceRule, MKNOD, overlaps, READ, readRules, WRITE } from './rule-list.ts'

/** One line to write to a file of the cgroup. */
export interface DeviceWrite {
  readonly file: 'devices.allow' | 'devices.deny'
  readonly value: string
}

/** The lines that bring a cgroup to these rules, whatever it had before: one that allows or denies everything, then the exceptions from
 *  it and nothing else. Pure.
 *
 *  v1 keeps a list of exceptions, and a request passes a list that denies by default only when one exception has all its letters: what
 *  two of them allow together is written as one.
 *  @param rules  in the order in which they apply, see `deviceRulesFor()`
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID; ERR_TEU_UNSUPPORTED for a rule that takes something out of an earlier, wider one: the
 *    kernel would accept it and do nothing
 *  @see kernel admin-guide/cgroup-v1/devices */
export function v1DeviceWrites(rules: readonly LinuxDeviceCgroup[]): DeviceWrite[] {
  const { allowByDefault, rules: effective } = readRules(rules)
  for (const rule of effective) if (rule.allow === allowByDefault) throw holeError(rule)
  const exceptions = withoutCovered(allowByDefault ? effective : joined(effective))
  const [base, other] = allowByDefault ? (['devices.allow', 'devices.deny'] as const) : (['devices.deny', 'devices.allow'] as const)
  return [{ file: base, value: 'a' }, ...exceptions.map((pattern): DeviceWrite => ({ file: other, value: line(pattern) }))]
}

function holeError({ allow, index }: DeviceRule): TeuError {
  const verb = allow ? 'allows' : 'denies'
  return new TeuError(
    'ERR_TEU_UNSUPPORTED',
    `linux.resources.devices[${index}]: cgroup v1 cannot keep a rule that ${verb} part of what an earlier rule with a wildcard is about`,
    { pointer: `/linux/resources/devices/${index}`, remedy: 'List the single devices in place of the wildcard, or use cgroup v2' },
  )
}

/** Adds to each pattern the letters that wider ones allow for its devices, and a pattern of its own where two cross: opening for reading
 *  and writing asks for both letters at once. */
function joined(patterns: readonly DevicePattern[]): DevicePattern[] {
  const wide = patterns.filter(isWide)
  const all = [...patterns]
  for (const [index, a] of wide.entries()) {
    for (const b of wide.slice(index + 1)) {
      if (isCrossing(a, b)) all.push({ ...a, major: Math.max(a.major, b.major), minor: Math.max(a.minor, b.minor), access: 0 })
    }
  }
  for (const [index, pattern] of all.entries()) {
    let { access } = pattern
    for (const other of wide) if (covers(other, pattern)) access |= openLetters(other)
    if (access !== pattern.access) all[index] = { ...pattern, access }
  }
  return all
}

function isWide({ major, minor }: DevicePattern): boolean {
  return major === ANY || minor === ANY
}

/** What open(2) asks for. */
function openLetters({ access }: DevicePattern): number {
  return access & (READ | WRITE)
}

/** Some device belongs to both, and only together they have both letters. */
function isCrossing(a: DevicePattern, b: DevicePattern): boolean {
  const [inA, inB] = [openLetters(a), openLetters(b)]
  if ((inA | inB) !== (READ | WRITE) || inA === (READ | WRITE) || inB === (READ | WRITE)) return false
  return overlaps(a, b) && !covers(a, b) && !covers(b, a)
}

/** Leaves out what another pattern says already; of equal ones the first stays. */
function withoutCovered(patterns: readonly DevicePattern[]): DevicePattern[] {
  const all: DevicePattern[] = []
  const places = new Map<string, number>()
  for (const pattern of patterns) {
    const key = `${pattern.kind} ${pattern.major}:${pattern.minor}`
    const place = places.get(key) ?? all.length
    const access = pattern.access | (all[place]?.access ?? 0)
    places.set(key, place)
    all[place] = { ...pattern, access }
  }
  const wide = all.filter(isWide)
  const kept: DevicePattern[] = []
  for (const pattern of all) if (!isCoveredBy(wide, pattern)) kept.push(pattern)
  return kept
}

function isCoveredBy(wide: readonly DevicePattern[], pattern: DevicePattern): boolean {
  for (const other of wide) if (other !== pattern && covers(other, pattern) && (pattern.access & ~other.access) === 0) return true
  return false
}

function line({ kind, major, minor, access }: DevicePattern): string {
  const number = (value: number): string => (value === ANY ? '*' : String(value))
  const letters = `${access & READ ? 'r' : ''}${access & WRITE ? 'w' : ''}${access & MKNOD ? 'm' : ''}`
  return `${kind} ${number(major)}:${number(minor)} ${letters}`
}
