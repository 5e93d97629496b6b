import { INT64_MAX } from '../integer.ts'
import type { Place } from '../place.ts'
import type { LinuxCPU } from '../types/resources.ts'
import { idListRule } from './id-list.ts'
import type { Report } from './report.ts'
import { emptyOr } from './rules.ts'
import { type IntegerShape, type ObjectShape, own, type TextShape, UINT64 } from './shape.ts'

/** Shortest quota and period that the kernel takes, in microseconds. */
const MIN_US = 1000
const MAX_PERIOD_US = 1000000
/** Microseconds, or -1 for no limit. */
const QUOTA: IntegerShape = { is: 'integer', min: -1, max: INT64_MAX }
const LIST: TextShape = { is: 'text', rule: emptyOr(idListRule) }

/** `linux.resources.cpu`. @see runtime-spec config-linux.md "CPU" */
export const CPU_SHAPE: ObjectShape<LinuxCPU> = {
  is: 'object',
  fields: {
    shares: { is: 'integer', min: 0, max: 262144 },
    quota: QUOTA,
    burst: UINT64,
    period: { is: 'integer', min: 0, max: MAX_PERIOD_US },
    realtimeRuntime: QUOTA,
    realtimePeriod: UINT64,
    cpus: LIST,
    mems: LIST,
    idle: { is: 'integer', min: 0, max: 1 },
  },
  check(cpu, place, report) {
    // The kernel would silently take 2.
    if (own(cpu, 'shares') === 1)
      report.problem({ up: place, key: 'shares' }, 'expected an integer from 2 to 262144, or 0 for unset, got 1')
    checkBandwidth(cpu, place, report)
    const runtime = own(cpu, 'realtimeRuntime') ?? 0
    const period = own(cpu, 'realtimePeriod')
    if (period && runtime > period)
      report.problem({ up: place, key: 'realtimeRuntime' }, `expected at most the period ${period}, got ${runtime}`)
  },
}

function checkBandwidth(cpu: LinuxCPU, place: Place | undefined, report: Report): void {
  const quota = own(cpu, 'quota') ?? 0
  const period = own(cpu, 'period') ?? 0
  const burst = own(cpu, 'burst') ?? 0
  if (quota > 0 && quota < MIN_US) {
    report.problem({ up: place, key: 'quota' }, `expected at least ${MIN_US} microseconds, -1 for no limit or 0 for unset, got ${quota}`)
  }
  if (period > 0 && period < MIN_US) {
    report.problem({ up: place, key: 'period' }, `expected an integer from ${MIN_US} to ${MAX_PERIOD_US}, or 0 for unset, got ${period}`)
  }
  if (quota > 0 && burst > quota) report.problem({ up: place, key: 'burst' }, `expected at most the quota ${quota}, got ${burst}`)
}
