/** Unit properties for the resources that systemd knows. What it has no property for is written to the files, after this. Pure.
 *
 *  Both are needed: systemd writes its own idea of a unit's limits again when it reloads its configuration. */

import type { LinuxResources } from '@teu/spec'
import { type CgroupLocation, hierarchyOf } from '../cgroup/locate.ts'
import { withoutUnset, type ResourcesPatch } from '../cgroup/resources/merge.ts'
import { ioWeight } from '../cgroup/resources/v2/io.ts'
import { weightOfShares } from '../cgroup/resources/v2/cpu.ts'
import { variant } from './dbus/value.ts'
import type { UnitProperty } from './manager.ts'

/** "No limit" in systemd's properties. */
const INFINITY = 2n ** 64n - 1n
const US_PER_SECOND = 1_000_000n
const USUAL_PERIOD_US = 100_000n
/** systemd rounds a CPU quota up to this many microseconds per second. */
const QUOTA_STEP_US = 10_000n

/** Which properties a systemd of some version has, from its NEWS file. */
const SINCE = { CPUQuotaPeriodUSec: 242, AllowedCPUs: 244, AllowedMemoryNodes: 244, idleWeight: 252 } as const

export interface UnitResourceOptions {
  readonly location: CgroupLocation
  /** Version of systemd. */
  readonly version: number
  /** What an update names; only that becomes a property. Default: everything. */
  readonly patch?: ResourcesPatch
}

/** Compiles the properties. A memory-only update sets memory properties only, so that quota, period and burst stay.
 *  @param resources  what is to hold afterwards; `-1` is no limit
 *  @see systemd.resource-control(5) */
export function compileUnitProperties(resources: LinuxResources, options: UnitResourceOptions): UnitProperty[] {
  const value = withoutUnset(resources)
  const patch = withoutUnset(options.patch ?? value)
  const asked = (group: 'memory' | 'cpu' | 'pids' | 'blockIO', ...members: string[]): boolean => {
    if (!Object.hasOwn(patch, group)) return false
    const named = patch[group]
    return named === null || (named !== undefined && members.some((member) => Object.hasOwn(named, member)))
  }
  const v2 = options.location.layout === 'v2'
  return [
    ...memoryProperties(value, v2, asked),
    ...cpuProperties(value, options, v2, asked),
    ...(asked('pids', 'limit') ? [property('TasksMax', limit(atLeastOne(value.pids?.limit)))] : []),
    ...(asked('blockIO', 'weight') ? ioProperties(value, options.location, v2) : []),
    ...(v2 ? unifiedProperties(value, patch) : []),
  ]
}

type Asked = (group: 'memory' | 'cpu' | 'pids' | 'blockIO', ...members: string[]) => boolean

function memoryProperties({ memory = {} }: LinuxResources, v2: boolean, asked: Asked): UnitProperty[] {
  const properties: UnitProperty[] = []
  if (asked('memory', 'limit')) properties.push(property(v2 ? 'MemoryMax' : 'MemoryLimit', limit(memory.limit)))
  if (!v2) return properties
  if (asked('memory', 'reservation'))
    properties.push(property('MemoryLow', memory.reservation === undefined ? 0n : limit(memory.reservation)))
  const lifted = memory.limit !== undefined && limit(memory.limit) === INFINITY
  if (memory.swap !== undefined ? asked('memory', 'swap', 'limit') : asked('memory', 'swap') || (asked('memory', 'limit') && lifted)) {
    const swap = limit(memory.swap)
    const memoryLimit = limit(memory.limit)
    properties.push(property('MemorySwapMax', swap === INFINITY || memoryLimit === INFINITY ? INFINITY : swap - memoryLimit))
  }
  return properties
}

function cpuProperties({ cpu = {} }: LinuxResources, { version }: UnitResourceOptions, v2: boolean, asked: Asked): UnitProperty[] {
  const properties: UnitProperty[] = []
  const idle = v2 && cpu.idle === 1 && version >= SINCE.idleWeight
  if (asked('cpu', 'shares', 'idle') && (idle || asked('cpu', 'shares'))) {
    const shares = BigInt(cpu.shares ?? 1024)
    // A weight of 0 is systemd's way to say "idle".
    properties.push(v2 ? property('CPUWeight', idle ? 0n : BigInt(weightOfShares(shares))) : property('CPUShares', shares))
  }
  if (asked('cpu', 'quota', 'period')) {
    const period = BigInt(cpu.period ?? USUAL_PERIOD_US)
    if (version >= SINCE.CPUQuotaPeriodUSec && cpu.period !== undefined) properties.push(property('CPUQuotaPeriodUSec', period))
    properties.push(property('CPUQuotaPerSecUSec', quotaPerSecond(limit(cpu.quota), period)))
  }
  for (const [member, name] of [
    ['cpus', 'AllowedCPUs'],
    ['mems', 'AllowedMemoryNodes'],
  ] as const) {
    if (v2 && version >= SINCE[name] && asked('cpu', member)) properties.push([name, variant('ay', bitSet(cpu[member] ?? ''))])
  }
  return properties
}

function quotaPerSecond(quota: bigint, period: bigint): bigint {
  if (quota === INFINITY) return INFINITY
  const perSecond = (quota * US_PER_SECOND) / period
  return ((perSecond + QUOTA_STEP_US - 1n) / QUOTA_STEP_US) * QUOTA_STEP_US
}

function ioProperties({ blockIO = {} }: LinuxResources, location: CgroupLocation, v2: boolean): UnitProperty[] {
  const weight = BigInt(blockIO.weight ?? 100)
  if (v2) return [property('IOWeight', blockIO.weight === undefined ? 100n : ioWeight(weight))]
  return hierarchyOf(location, 'blkio') ? [property('BlockIOWeight', weight)] : []
}

/** v2 files given by name that have a property. The last word is theirs, as with the files. */
function unifiedProperties({ unified = {} }: LinuxResources, patch: ResourcesPatch): UnitProperty[] {
  const names: Readonly<Record<string, string>> = {
    'memory.max': 'MemoryMax',
    'memory.high': 'MemoryHigh',
    'memory.low': 'MemoryLow',
    'memory.min': 'MemoryMin',
    'memory.swap.max': 'MemorySwapMax',
    'pids.max': 'TasksMax',
    'cpu.weight': 'CPUWeight',
  }
  return Object.entries(unified).flatMap(([file, text]): UnitProperty[] => {
    const name = Object.hasOwn(names, file) && Object.hasOwn(patch.unified ?? {}, file) ? names[file] : undefined
    const value = text.trim()
    if (name === undefined || !/^(max|\d{1,19})$/.test(value)) return []
    return [property(name, value === 'max' ? INFINITY : BigInt(value))]
  })
}

function property(name: string, value: bigint): UnitProperty {
  return [name, variant('t', value)]
}

function limit(value: number | bigint | undefined): bigint {
  const exact = BigInt(value ?? -1)
  return exact < 0n ? INFINITY : exact
}

function atLeastOne(value: number | bigint | undefined): bigint {
  const exact = BigInt(value ?? -1)
  return exact === 0n ? 1n : exact
}

/** A list such as `0-2,5` as bits, the lowest number in the lowest bit of the first byte. */
export function bitSet(list: string): Uint8Array {
  const bytes: number[] = []
  for (const part of list.split(',')) {
    const [first = Number.NaN, last = first] = part.trim() === '' ? [] : part.split('-').map(Number)
    for (let number = first; number <= last && number < 8192; number++) {
      const index = number >> 3
      while (bytes.length <= index) bytes.push(0)
      bytes[index] = (bytes[index] ?? 0) | (1 << (number & 7))
    }
  }
  return Uint8Array.from(bytes)
}
