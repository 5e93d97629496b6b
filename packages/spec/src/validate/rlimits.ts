import { type Fields, UINT64_MAX } from './fields.ts'

/** Resource names in the order of their kernel numbers: `RLIMITS.indexOf(type)` is the number. @see getrlimit(2) */
export const RLIMITS = [
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
] as const

/** Checks `process.rlimits`. @see runtime-spec config.md "POSIX process" */
export function checkRlimits(process: Fields): void {
  const seen = new Set<string>()
  for (const limit of process.objects('rlimits')) {
    limit.require('type', 'soft', 'hard')
    const type = limit.word('type', RLIMITS)
    if (type !== undefined && seen.has(type)) limit.problem('type', `${type} is there twice`)
    if (type !== undefined) seen.add(type)
    const soft = limit.integer('soft', 0, UINT64_MAX)
    const hard = limit.integer('hard', 0, UINT64_MAX)
    if (soft !== undefined && hard !== undefined && soft > hard) {
      limit.problem('soft', `expected at most the hard limit ${hard}, got ${soft}`)
    }
  }
}
