import { INT64_MAX } from '../integer.ts'
import type { LinuxMemory } from '../types/resources.ts'
import { BOOLEAN, type IntegerShape, type ObjectShape, own } from './shape.ts'

/** Bytes, or -1 for unlimited. */
const BYTES: IntegerShape = { is: 'integer', min: -1, max: INT64_MAX }

/** `linux.resources.memory`. @see runtime-spec config-linux.md "Memory" */
export const MEMORY_SHAPE: ObjectShape<LinuxMemory> = {
  is: 'object',
  fields: {
    limit: BYTES,
    reservation: BYTES,
    swap: BYTES,
    kernel: BYTES,
    kernelTCP: BYTES,
    swappiness: { is: 'integer', min: 0, max: 100 },
    disableOOMKiller: BOOLEAN,
    useHierarchy: BOOLEAN,
    checkBeforeUpdate: BOOLEAN,
  },
  /** `swap` counts memory and swap together, so less than the memory limit cannot be meant. */
  check(memory, place, report) {
    const limit = own(memory, 'limit') ?? 0
    const swap = own(memory, 'swap') ?? 0
    const at = { up: place, key: 'swap' }
    if (swap <= 0) return
    if (limit < 0) report.problem(at, `expected -1, because the memory limit is -1, got ${swap}`)
    else if (swap < limit) report.problem(at, `expected memory and swap together, at least the memory limit ${limit}, got ${swap}`)
  },
}

/** True when swap is limited and memory is not: nobody can tell how much swap that leaves. */
export function limitsOnlySwap(memory: LinuxMemory): boolean {
  return (own(memory, 'swap') ?? 0) > 0 && !own(memory, 'limit')
}
