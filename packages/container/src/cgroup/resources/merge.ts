/** Merging of `linux.resources` for a live update. Pure. */

import type { LinuxResources } from '@teu/spec'

/** Plain values that runtimes have always taken for "not set": a limit of nothing makes no sense in these places. */
const ZERO_IS_UNSET: Readonly<Record<string, readonly string[]>> = {
  memory: ['limit', 'reservation', 'swap', 'kernel', 'kernelTCP'],
  cpu: ['shares', 'quota', 'period', 'realtimeRuntime', 'realtimePeriod'],
  blockIO: ['weight', 'leafWeight'],
}

/** Groups whose members are merged one by one; the others are replaced as a whole. */
const MERGED = ['memory', 'cpu', 'pids', 'blockIO', 'network', 'unified'] as const

/** What is given in place of a member: absent keeps, null clears. */
export type ResourcesPatch = { readonly [K in keyof LinuxResources]?: NullableMembers<LinuxResources[K]> | null }
type NullableMembers<T> = T extends readonly unknown[] ? T : T extends object ? { readonly [K in keyof T]?: T[K] | null } : T

/** Resources as they are after an update: absent and undefined keep, null clears. `devices` never change in a running container.
 *  Neither argument is modified, and inherited properties are not read. */
export function mergeResources(old: LinuxResources, patch: ResourcesPatch): LinuxResources {
  const merged = new Map<string, unknown>(Object.entries(old))
  for (const [name, value] of Object.entries(withoutUnset(patch))) {
    if (name === 'devices') continue
    if (value === null) merged.delete(name)
    else if ((MERGED as readonly string[]).includes(name)) merged.set(name, mergeMembers(merged.get(name) ?? {}, value as object))
    else merged.set(name, value)
  }
  return Object.fromEntries(merged) as LinuxResources
}

function mergeMembers(old: object, patch: object): object {
  const merged = new Map<string, unknown>(Object.entries(old))
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name)
    else merged.set(name, value)
  }
  return Object.fromEntries(merged)
}

/** Takes out undefined members and the zeros that mean "not set". */
export function withoutUnset<T extends object>(resources: T): T {
  const kept = { ...resources } as Record<string, unknown>
  for (const name of Object.keys(kept)) {
    const group = kept[name]
    if (group === undefined) delete kept[name]
    else if (typeof group === 'object' && group !== null && !Array.isArray(group)) kept[name] = withoutUnsetMembers(name, group)
  }
  return kept as T
}

function withoutUnsetMembers(name: string, group: object): object {
  const zeros = Object.hasOwn(ZERO_IS_UNSET, name) ? (ZERO_IS_UNSET[name] ?? []) : []
  const kept = { ...group } as Record<string, unknown>
  for (const member of Object.keys(kept)) if (isUnset(kept[member], zeros.includes(member))) delete kept[member]
  return kept
}

function isUnset(value: unknown, zeroIsUnset: boolean): boolean {
  return value === undefined || (zeroIsUnset && (value === 0 || value === 0n))
}
