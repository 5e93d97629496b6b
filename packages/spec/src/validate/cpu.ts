import { type Fields, INT64_MAX, UINT64_MAX } from './fields.ts'
import { idListRule } from './id-list.ts'
import { emptyOr } from './rules.ts'

/** Shortest quota and shortest and longest period that the kernel takes, in microseconds. */
const MIN_QUOTA_US = 1000
const MIN_PERIOD_US = 1000
const MAX_PERIOD_US = 1000000

/** Checks `linux.resources.cpu`. @see runtime-spec config-linux.md "CPU"; sched-bwc */
export function checkCpu(cpu: Fields | undefined): void {
  if (cpu === undefined) return
  const shares = cpu.integer('shares', 0, 262144)
  // The kernel would silently take 2.
  if (shares === 1) cpu.expected('shares', 'an integer from 2 to 262144, or 0 for unset')
  const quota = cpu.integer('quota', -1, INT64_MAX)
  if (quota !== undefined && quota > 0 && quota < MIN_QUOTA_US) {
    cpu.expected('quota', `at least ${MIN_QUOTA_US} microseconds, -1 for no limit or 0 for unset`)
  }
  const period = cpu.integer('period', 0, MAX_PERIOD_US)
  if (period && period < MIN_PERIOD_US) cpu.expected('period', `an integer from ${MIN_PERIOD_US} to ${MAX_PERIOD_US}, or 0 for unset`)
  const burst = cpu.integer('burst', 0, UINT64_MAX)
  if (burst !== undefined && quota !== undefined && quota > 0 && burst > quota) {
    cpu.problem('burst', `expected at most the quota ${quota}, got ${burst}`)
  }
  checkRealtime(cpu)
  cpu.string('cpus', emptyOr(idListRule))
  cpu.string('mems', emptyOr(idListRule))
  cpu.integer('idle', 0, 1)
}

function checkRealtime(cpu: Fields): void {
  const runtime = cpu.integer('realtimeRuntime', -1, INT64_MAX)
  const period = cpu.integer('realtimePeriod', 0, UINT64_MAX)
  if (runtime !== undefined && period && runtime > period) {
    cpu.problem('realtimeRuntime', `expected at most the period ${period}, got ${runtime}`)
  }
}
