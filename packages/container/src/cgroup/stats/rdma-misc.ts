/** RDMA and miscellaneous resources. */

import { parseFlat, parseNested, present, readText, toCount, toLimit } from './file.ts'
import type { MiscStats, RdmaEntry, RdmaStats } from './types.ts'

/** @see cgroup-v2.rst "RDMA Interface Files" */
export function readRdma(directory: string): RdmaStats | undefined {
  const current = parseNested(readText(directory, 'rdma.current'))
  if (current === undefined) return undefined
  const limit = parseNested(readText(directory, 'rdma.max')) ?? new Map<string, Map<string, string>>()
  return { current: entriesOf(current, toCount), limit: entriesOf(limit, toLimit) }
}

function entriesOf(devices: ReadonlyMap<string, ReadonlyMap<string, string>>, parse: (text?: string) => bigint | undefined): RdmaEntry[] {
  return Array.from(devices, ([device, pairs]) => ({
    device,
    ...present<Omit<RdmaEntry, 'device'>>({ hcaHandles: parse(pairs.get('hca_handle')), hcaObjects: parse(pairs.get('hca_object')) }),
  }))
}

/** @see cgroup-v2.rst "Misc Interface Files" */
export function readMisc(directory: string): Record<string, MiscStats> | undefined {
  const current = parseFlat(readText(directory, 'misc.current'))
  const events = parseFlat(readText(directory, 'misc.events'))
  if (current === undefined && events === undefined) return undefined
  const names = new Set([...(current?.keys() ?? []), ...Array.from(events?.keys() ?? [], (key) => key.replace(/\.max$/, ''))])
  return Object.fromEntries(
    Array.from(names, (name) => [name, present<MiscStats>({ usage: current?.get(name), events: events?.get(`${name}.max`) }) ?? {}]),
  )
}
