import type { LinuxDeviceCgroup } from '../types/resources.ts'
import { MAJOR_OR_ALL, MINOR_OR_ALL } from './devices.ts'
import { BOOLEAN, type ListShape, type ObjectShape, own } from './shape.ts'

const RULE: ObjectShape<LinuxDeviceCgroup> = {
  is: 'object',
  required: ['allow'],
  fields: {
    allow: BOOLEAN,
    type: { is: 'word', of: ['a', 'b', 'c', ''] },
    major: MAJOR_OR_ALL,
    minor: MINOR_OR_ALL,
    access: { is: 'text', rule: access },
  },
  /** cgroup v1 takes `a 1:3` as "every device". */
  check(rule, place, report) {
    if ((own(rule, 'type') || 'a') !== 'a') return
    for (const key of ['major', 'minor'] as const) {
      if ((own(rule, key) ?? -1) >= 0) report.problem({ up: place, key }, 'has no meaning without the type b or c')
    }
  },
}

/** `linux.resources.devices`, the rules of the device filter. @see runtime-spec config-linux.md "Allowed Device list" */
export const DEVICE_RULES_SHAPE: ListShape<LinuxDeviceCgroup> = { is: 'list', of: RULE }

function access(text: string): string | undefined {
  return /^[rwm]{1,3}$/.test(text) && new Set(text).size === text.length ? undefined : 'a combination of r, w and m'
}
