import type { Place } from '../place.ts'
import type { LinuxIOPriority, Scheduler } from '../types/process.ts'
import type { Report } from './report.ts'
import { type IntegerShape, type ObjectShape, own } from './shape.ts'
import { INT64_MAX } from '../integer.ts'

const POLICIES = ['SCHED_OTHER', 'SCHED_FIFO', 'SCHED_RR', 'SCHED_BATCH', 'SCHED_ISO', 'SCHED_IDLE', 'SCHED_DEADLINE']
const FLAGS = [
  'SCHED_FLAG_RESET_ON_FORK',
  'SCHED_FLAG_RECLAIM',
  'SCHED_FLAG_DL_OVERRUN',
  'SCHED_FLAG_KEEP_POLICY',
  'SCHED_FLAG_KEEP_PARAMS',
  'SCHED_FLAG_UTIL_CLAMP_MIN',
  'SCHED_FLAG_UTIL_CLAMP_MAX',
]
const DEADLINE_FIELDS = ['runtime', 'deadline', 'period'] as const
const IO_CLASSES = ['IOPRIO_CLASS_RT', 'IOPRIO_CLASS_BE', 'IOPRIO_CLASS_IDLE']
/** The kernel takes no shorter runtime (1 << DL_SCALE). */
const MIN_RUNTIME_NS = 1024
/** The highest bit of the three times must be clear. */
const NANOSECONDS: IntegerShape = { is: 'integer', min: 0, max: INT64_MAX }

/** `process.scheduler`. Fields of another policy would be ignored by the kernel. @see sched_setattr(2) */
export const SCHEDULER_SHAPE: ObjectShape<Scheduler> = {
  is: 'object',
  required: ['policy'],
  fields: {
    policy: { is: 'word', of: POLICIES },
    nice: { is: 'integer', min: -20, max: 19 },
    priority: { is: 'integer', min: 0, max: 99 },
    flags: { is: 'list', of: { is: 'word', of: FLAGS } },
    runtime: NANOSECONDS,
    deadline: NANOSECONDS,
    period: NANOSECONDS,
  },
  check(scheduler, place, report) {
    const { policy } = scheduler
    const isRealTime = policy === 'SCHED_FIFO' || policy === 'SCHED_RR'
    const isDeadline = policy === 'SCHED_DEADLINE'
    const refuse = (key: keyof Scheduler) => {
      if (own(scheduler, key)) report.problem({ up: place, key }, `has no meaning for ${policy}`)
    }
    if (isRealTime || isDeadline) refuse('nice')
    if (!isRealTime) refuse('priority')
    else if (!own(scheduler, 'priority')) report.problem({ up: place, key: 'priority' }, `expected an integer from 1 to 99 for ${policy}`)
    if (isDeadline) checkDeadline(scheduler, place, report)
    else DEADLINE_FIELDS.forEach(refuse)
  },
}

/** `process.ioPriority`. @see ioprio_set(2) */
export const IO_PRIORITY_SHAPE: ObjectShape<LinuxIOPriority> = {
  is: 'object',
  required: ['class', 'priority'],
  fields: { class: { is: 'word', of: IO_CLASSES }, priority: { is: 'integer', min: 0, max: 7 } },
}

/** runtime <= deadline <= period, none of them too short; no period means the deadline. */
function checkDeadline(scheduler: Scheduler, place: Place | undefined, report: Report): void {
  const runtime = own(scheduler, 'runtime') ?? 0
  const deadline = own(scheduler, 'deadline') ?? 0
  const period = own(scheduler, 'period') || deadline
  if (runtime < MIN_RUNTIME_NS) report.problem({ up: place, key: 'runtime' }, `expected at least ${MIN_RUNTIME_NS} ns, got ${runtime}`)
  if (deadline < runtime) report.problem({ up: place, key: 'deadline' }, `expected at least the runtime ${runtime}, got ${deadline}`)
  if (period < deadline) report.problem({ up: place, key: 'period' }, `expected at least the deadline ${deadline}, got ${period}`)
}
