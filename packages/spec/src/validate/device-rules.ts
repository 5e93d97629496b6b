import { MAJOR_MAX, MINOR_MAX } from './devices.ts'
import type { Fields } from './fields.ts'
import type { StringRule } from './rules.ts'

const access: StringRule = (text) =>
  /^[rwm]{1,3}$/.test(text) && new Set(text).size === text.length ? undefined : 'a combination of r, w and m'

/** Checks `linux.resources.devices`, the rules of the device filter. @see runtime-spec config-linux.md "Allowed Device list" */
export function checkDeviceRules(resources: Fields): void {
  for (const rule of resources.objects('devices')) {
    rule.require('allow')
    rule.boolean('allow')
    const type = rule.word('type', ['a', 'b', 'c', ''])
    const major = rule.integer('major', -1, MAJOR_MAX)
    const minor = rule.integer('minor', -1, MINOR_MAX)
    rule.string('access', access)
    const isForAll = type === 'a' || type === '' || !rule.has('type')
    if (!isForAll) continue
    // cgroup v1 takes `a 1:3` as "every device".
    if (isNumber(major)) rule.problem('major', 'has no meaning without the type b or c')
    if (isNumber(minor)) rule.problem('minor', 'has no meaning without the type b or c')
  }
}

function isNumber(value: number | bigint | undefined): boolean {
  return value !== undefined && value >= 0
}
