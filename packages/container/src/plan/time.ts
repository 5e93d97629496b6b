/** Clock offsets of a new time namespace. Pure. */

import type { Step } from '@teu/init'
import type { Spec } from '@teu/spec'
import { configError, pointerToken } from './config-error.ts'
import { CLONE_NEWTIME, O_RDONLY } from './kernel-flags.ts'
import { hasTimeOffsets, type Namespaces } from './namespaces.ts'
import { SLOT } from './slots.ts'
import { SYNC } from './sync.ts'

/** Steps for the offsets; all empty without any. */
export interface TimeSteps {
  /** Container, first: makes the namespace, which at first nobody is in, and asks for the offsets. */
  readonly make: readonly Step[]
  /** Parent, before `prepared`: the offsets can be set only as long as nobody is in. */
  readonly write: readonly Step[]
  /** Container, after `prepared`: enters it. */
  readonly enter: readonly Step[]
}

/** Plans the time namespace.
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID for offsets without a new time namespace and for unknown clocks
 *  @see time_namespaces(7) */
export function planTimeOffsets(spec: Spec, namespaces: Namespaces): TimeSteps {
  if (!hasTimeOffsets(spec)) return { make: [], write: [], enter: [] }
  const pointer = '/linux/timeOffsets'
  if (!namespaces.isNew('time')) throw configError(pointer, 'clock offsets need a new time namespace')
  const lines = Object.entries(spec.linux?.timeOffsets ?? {}).map(([clock, { secs = 0, nanosecs = 0 }]) => {
    if (clock !== 'monotonic' && clock !== 'boottime') {
      throw configError(
        `${pointer}/${pointerToken(clock)}`,
        `unknown clock ${JSON.stringify(clock)}: only "monotonic" and "boottime" have offsets`,
      )
    }
    return `${clock} ${secs} ${nanosecs}\n`
  })
  return {
    make: [
      { op: 'unshare', flags: CLONE_NEWTIME, pointer },
      { op: 'signal', n: SYNC.timeNamespace },
    ],
    write: [
      { op: 'wait', n: SYNC.timeNamespace },
      { op: 'write_child', file: 'timens_offsets', data: new TextEncoder().encode(lines.join('')), pointer },
    ],
    enter: [
      { op: 'open', slot: SLOT.timeNamespace, path: '/proc/self/ns/time_for_children', flags: O_RDONLY, mode: 0, pointer },
      { op: 'setns', slot: SLOT.timeNamespace, flags: CLONE_NEWTIME, pointer },
      { op: 'close', slot: SLOT.timeNamespace },
    ],
  }
}
