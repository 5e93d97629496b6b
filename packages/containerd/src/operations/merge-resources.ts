/** Limits of a record after a change of some. */

import type { LinuxResources } from '@teu/spec'

/** The limits with the change in them. What the change does not name stays, within memory, cpu, pids … too; lists, such as rules for devices
 *  and limits of huge pages, take the place of those that were there. */
export function mergeResources(before: LinuxResources | undefined, change: LinuxResources): LinuxResources {
  return merge(before ?? {}, change)
}

function merge<T extends object>(before: object, change: T): T {
  const merged = new Map<string, unknown>(Object.entries(before))
  for (const [key, value] of Object.entries(change)) {
    if (value === undefined) continue
    const old = merged.get(key)
    merged.set(key, isTree(old) && isTree(value) ? merge(old, value) : value)
  }
  return Object.fromEntries(merged) as T
}

const isTree = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value)
