/** Flags of `update` as a `linux.resources` object that holds nothing but what was given. */

import type { Integer, LinuxResourcesPatch } from '@teu/spec'
import { parseInteger, parseSize } from '../cli/quantities.ts'

/** What the flags hold. */
export interface UpdateFlags {
  readonly 'blkio-weight'?: string
  readonly 'cpu-period'?: string
  readonly 'cpu-quota'?: string
  readonly 'cpu-burst'?: string
  readonly 'cpu-share'?: string
  readonly 'cpu-rt-period'?: string
  readonly 'cpu-rt-runtime'?: string
  readonly 'cpuset-cpus'?: string
  readonly 'cpuset-mems'?: string
  readonly memory?: string
  readonly 'memory-reservation'?: string
  readonly 'memory-swap'?: string
  readonly 'pids-limit'?: string
  readonly 'cpu-idle'?: string
}

const MAX_INT64 = (1n << 63n) - 1n
const MAX_UINT64 = (1n << 64n) - 1n

/** Pure. What was not given is absent and stays as it is; a missing half of period and quota keeps its stored value.
 *  @throws {TeuError} ERR_TEU_USAGE, naming the option */
export function resourcesOf(flags: UpdateFlags): LinuxResourcesPatch {
  const memory = memoryOf(flags)
  const cpu = cpuOf(flags)
  const weight = integer(flags, 'blkio-weight', 0n, 1000n)
  const pids = integer(flags, 'pids-limit', -MAX_INT64, MAX_INT64)
  return {
    ...(memory && { memory }),
    ...(cpu && { cpu }),
    ...(weight !== undefined && { blockIO: { weight: Number(weight) } }),
    ...(pids !== undefined && { pids: { limit: pids } }),
  }
}

function memoryOf(flags: UpdateFlags): LinuxResourcesPatch['memory'] {
  const limit = bytes(flags, 'memory')
  const reservation = bytes(flags, 'memory-reservation')
  // Without a limit on memory a former limit on both together has no meaning any more.
  const swap = bytes(flags, 'memory-swap') ?? (limit === -1 ? null : undefined)
  return given({ limit, reservation, swap })
}

function cpuOf(flags: UpdateFlags): LinuxResourcesPatch['cpu'] {
  const idle = integer(flags, 'cpu-idle', 0n, 1n)
  // An idle group has no weight, and the kernel refuses to be given one.
  const shares = integer(flags, 'cpu-share', 0n, MAX_UINT64) ?? (idle === undefined ? undefined : null)
  return given({
    shares,
    quota: integer(flags, 'cpu-quota', -1n, MAX_INT64),
    period: integer(flags, 'cpu-period', 0n, MAX_UINT64),
    burst: integer(flags, 'cpu-burst', 0n, MAX_UINT64),
    realtimePeriod: integer(flags, 'cpu-rt-period', 0n, MAX_UINT64),
    realtimeRuntime: integer(flags, 'cpu-rt-runtime', -1n, MAX_INT64),
    cpus: flags['cpuset-cpus'],
    mems: flags['cpuset-mems'],
    idle: idle === undefined ? undefined : Number(idle),
  })
}

/** The members that are there, or undefined when none is. */
function given<T extends object>(members: T): T | undefined {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined)
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as T)
}

function bytes(flags: UpdateFlags, name: keyof UpdateFlags): Integer | undefined {
  const text = flags[name]
  return text === undefined ? undefined : parseSize(name, text)
}

function integer(flags: UpdateFlags, name: keyof UpdateFlags, min: bigint, max: bigint): Integer | undefined {
  const text = flags[name]
  return text === undefined ? undefined : safe(parseInteger(name, text, min, max))
}

/** A `number` when it is exact, as everywhere in specs. */
function safe(value: bigint): Integer {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}
