import type { Integer } from '../types/integer.ts'
import { type Fields, INT64_MAX } from './fields.ts'

/** Checks `linux.resources.memory`. @see runtime-spec config-linux.md "Memory" */
export function checkMemory(memory: Fields | undefined, isChange: boolean): void {
  if (memory === undefined) return
  const read = (key: string) => memory.integer(key, -1, INT64_MAX)
  const limit = read('limit')
  const swap = read('swap')
  read('reservation')
  read('kernel')
  read('kernelTCP')
  memory.integer('swappiness', 0, 100)
  memory.boolean('disableOOMKiller')
  memory.boolean('useHierarchy')
  memory.boolean('checkBeforeUpdate')
  const isRight = !memory.has('limit') || limit !== undefined
  if (swap !== undefined && swap > 0 && isRight) checkSwap(memory, swap, limit, isChange)
}

/** `swap` counts memory and swap together, so less than the memory limit cannot be meant. */
function checkSwap(memory: Fields, swap: Integer, limit: Integer | undefined, isChange: boolean): void {
  if (limit === undefined && isChange) return
  if (limit === undefined || limit === 0 || limit === 0n) memory.problem('swap', `needs a memory limit, got ${swap} without one`)
  else if (limit < 0) memory.problem('swap', `expected -1, because the memory limit is -1, got ${swap}`)
  else if (swap < limit) memory.problem('swap', `expected memory and swap together, at least the memory limit ${limit}, got ${swap}`)
}
