import { capabilityNumber } from '../capabilities.ts'
import type { Place } from '../place.ts'
import type { LinuxCapabilities } from '../types/process.ts'
import type { Report } from './report.ts'
import { type ListShape, type ObjectShape, own } from './shape.ts'

const NAMES: ListShape<string> = { is: 'list', of: { is: 'text', rule: capabilityName } }
const SETS = ['bounding', 'effective', 'permitted', 'inheritable', 'ambient'] as const

/** `process.capabilities`. What cannot be granted is a warning, not an error. @see runtime-spec config.md "Linux Process" */
export const CAPABILITIES_SHAPE: ObjectShape<LinuxCapabilities> = {
  is: 'object',
  fields: { bounding: NAMES, effective: NAMES, permitted: NAMES, inheritable: NAMES, ambient: NAMES },
  check(capabilities, place, report) {
    if (report.wantsWarnings) warn(capabilities, place, report)
  },
}

function warn(capabilities: LinuxCapabilities, place: Place | undefined, report: Report): void {
  for (const set of SETS) {
    for (const [key, name] of (own(capabilities, set) ?? []).entries()) {
      if (capabilityNumber(name) === undefined)
        report.warning({ up: { up: place, key: set }, key }, `unknown capability ${name} is left out`)
    }
  }
  warnUnlessIn(capabilities, 'effective', 'permitted', place, report)
  warnUnlessIn(capabilities, 'ambient', 'permitted', place, report)
  warnUnlessIn(capabilities, 'ambient', 'inheritable', place, report)
}

function capabilityName(text: string): string | undefined {
  return capabilityNumber(text) !== undefined || /^CAP_[A-Z0-9_]{1,60}$/.test(text) ? undefined : 'a capability name such as CAP_CHOWN'
}

/** The kernel grants an effective or ambient capability only on top of other sets. @see capset(2), prctl(2) PR_CAP_AMBIENT */
function warnUnlessIn(
  capabilities: LinuxCapabilities,
  set: keyof LinuxCapabilities,
  base: keyof LinuxCapabilities,
  place: Place | undefined,
  report: Report,
): void {
  const granted = new Set(own(capabilities, base))
  for (const [key, name] of (own(capabilities, set) ?? []).entries()) {
    if (granted.has(name)) continue
    report.warning({ up: { up: place, key: set }, key }, `${name} cannot be granted, because it is not in the ${base} set`)
  }
}
