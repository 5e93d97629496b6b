import type { POSIXRlimit } from '../types/process.ts'
import { type ListShape, type ObjectShape, UINT64 } from './shape.ts'

/** Resource names in the order of their kernel numbers: `RLIMITS.indexOf(type)` is the number. @see getrlimit(2) */
export const RLIMITS: readonly string[] = [
  'RLIMIT_CPU',
  'RLIMIT_FSIZE',
  'RLIMIT_DATA',
  'RLIMIT_STACK',
  'RLIMIT_CORE',
  'RLIMIT_RSS',
  'RLIMIT_NPROC',
  'RLIMIT_NOFILE',
  'RLIMIT_MEMLOCK',
  'RLIMIT_AS',
  'RLIMIT_LOCKS',
  'RLIMIT_SIGPENDING',
  'RLIMIT_MSGQUEUE',
  'RLIMIT_NICE',
  'RLIMIT_RTPRIO',
  'RLIMIT_RTTIME',
]

const RLIMIT: ObjectShape<POSIXRlimit> = {
  is: 'object',
  required: ['type', 'soft', 'hard'],
  fields: { type: { is: 'word', of: RLIMITS }, soft: UINT64, hard: UINT64 },
  check({ soft, hard }, place, report) {
    if (soft > hard) report.problem({ up: place, key: 'soft' }, `expected at most the hard limit ${hard}, got ${soft}`)
  },
}

/** `process.rlimits`. @see runtime-spec config.md "POSIX process" */
export const RLIMITS_SHAPE: ListShape<POSIXRlimit> = { is: 'list', of: RLIMIT, unique: 'type' }
