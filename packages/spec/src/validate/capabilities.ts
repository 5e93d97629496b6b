import { capabilityNumber } from '../capabilities.ts'
import type { LinuxCapabilities } from '../types/process.ts'
import type { Fields } from './fields.ts'
import type { StringRule } from './rules.ts'

const capabilityName: StringRule = (text) => (/^CAP_[A-Z0-9_]{1,60}$/.test(text) ? undefined : 'a capability name such as CAP_CHOWN')

/** Checks `process.capabilities`. What cannot be granted is a warning, not an error. @see runtime-spec config.md "Linux Process" */
export function checkCapabilities(capabilities: Fields | undefined): void {
  if (capabilities === undefined) return
  const read = (set: keyof LinuxCapabilities) => readSet(capabilities, set)
  read('bounding')
  const effective = read('effective')
  const permitted = read('permitted')
  const inheritable = read('inheritable')
  const ambient = read('ambient')
  warnUnlessIn(capabilities, 'effective', effective, permitted, 'permitted')
  warnUnlessIn(capabilities, 'ambient', ambient, permitted, 'permitted')
  warnUnlessIn(capabilities, 'ambient', ambient, inheritable, 'inheritable')
}

function readSet(capabilities: Fields, set: keyof LinuxCapabilities): readonly string[] {
  const names = capabilities.strings(set, capabilityName) ?? []
  for (const [index, name] of names.entries()) {
    if (capabilityNumber(name) === undefined) {
      capabilities.report.warning({ up: capabilities.at(set), key: index }, `unknown capability ${name} is left out`)
    }
  }
  return names
}

/** The kernel grants an effective or ambient capability only on top of other sets. @see capset(2), prctl(2) PR_CAP_AMBIENT */
function warnUnlessIn(fields: Fields, set: string, names: readonly string[], base: readonly string[], baseName: string): void {
  for (const [index, name] of names.entries()) {
    if (!base.includes(name)) {
      fields.report.warning({ up: fields.at(set), key: index }, `${name} cannot be granted, because it is not in the ${baseName} set`)
    }
  }
}
