import type { IOPriorityClass, LinuxSchedulerFlag, LinuxSchedulerPolicy } from '../types/process.ts'
import { type Fields, INT64_MAX } from './fields.ts'
import { oneOf } from './rules.ts'

const POLICIES: readonly LinuxSchedulerPolicy[] = [
  'SCHED_OTHER',
  'SCHED_FIFO',
  'SCHED_RR',
  'SCHED_BATCH',
  'SCHED_ISO',
  'SCHED_IDLE',
  'SCHED_DEADLINE',
]
const FLAGS: readonly LinuxSchedulerFlag[] = [
  'SCHED_FLAG_RESET_ON_FORK',
  'SCHED_FLAG_RECLAIM',
  'SCHED_FLAG_DL_OVERRUN',
  'SCHED_FLAG_KEEP_POLICY',
  'SCHED_FLAG_KEEP_PARAMS',
  'SCHED_FLAG_UTIL_CLAMP_MIN',
  'SCHED_FLAG_UTIL_CLAMP_MAX',
]
const DEADLINE_FIELDS = ['runtime', 'deadline', 'period'] as const
const IO_CLASSES: readonly IOPriorityClass[] = ['IOPRIO_CLASS_RT', 'IOPRIO_CLASS_BE', 'IOPRIO_CLASS_IDLE']
/** The kernel takes no shorter runtime (1 << DL_SCALE). */
const MIN_RUNTIME_NS = 1024

/** Checks `process.scheduler`: fields of another policy would be ignored by the kernel. @see sched_setattr(2) */
export function checkScheduler(scheduler: Fields | undefined): void {
  if (scheduler === undefined) return
  scheduler.require('policy')
  const policy = scheduler.word('policy', POLICIES)
  scheduler.strings('flags', oneOf(FLAGS))
  const isRealTime = policy === 'SCHED_FIFO' || policy === 'SCHED_RR'
  const isDeadline = policy === 'SCHED_DEADLINE'
  const nice = scheduler.integer('nice', -20, 19)
  if (nice && (isRealTime || isDeadline)) notFor(scheduler, 'nice', policy)
  const priority = scheduler.integer('priority', 0, 99)
  if (isRealTime && (scheduler.value('priority') ?? 0) === 0) {
    scheduler.problem('priority', `expected an integer from 1 to 99 for ${policy}, got ${priority ?? 'nothing'}`)
  }
  if (priority && policy !== undefined && !isRealTime) notFor(scheduler, 'priority', policy)
  if (isDeadline) checkDeadline(scheduler)
  else
    for (const field of DEADLINE_FIELDS)
      if (scheduler.integer(field, 0, INT64_MAX) && policy !== undefined) notFor(scheduler, field, policy)
}

function checkDeadline(scheduler: Fields): void {
  scheduler.require('runtime', 'deadline')
  const runtime = scheduler.integer('runtime', MIN_RUNTIME_NS, INT64_MAX)
  const deadline = scheduler.integer('deadline', MIN_RUNTIME_NS, INT64_MAX)
  const period = scheduler.integer('period', 0, INT64_MAX)
  if (runtime !== undefined && deadline !== undefined && runtime > deadline) {
    scheduler.problem('runtime', `expected at most the deadline ${deadline}, got ${runtime}`)
  }
  if (deadline !== undefined && period && deadline > period) {
    scheduler.problem('deadline', `expected at most the period ${period}, got ${deadline}`)
  }
}

function notFor(scheduler: Fields, field: string, policy: string): void {
  scheduler.problem(field, `has no meaning for ${policy}`)
}

/** Checks `process.ioPriority`. @see ioprio_set(2) */
export function checkIoPriority(priority: Fields | undefined): void {
  priority?.require('class', 'priority')
  priority?.word('class', IO_CLASSES)
  priority?.integer('priority', 0, 7)
}
