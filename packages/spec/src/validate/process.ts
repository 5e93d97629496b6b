import type { Place } from '../place.ts'
import type { Box, ExecCPUAffinity, Process, User } from '../types/process.ts'
import { CAPABILITIES_SHAPE } from './capabilities.ts'
import { idListRule } from './id-list.ts'
import type { Report } from './report.ts'
import { RLIMITS_SHAPE } from './rlimits.ts'
import { absolutePath, emptyOr, environmentEntry } from './rules.ts'
import { IO_PRIORITY_SHAPE, SCHEDULER_SHAPE } from './scheduler.ts'
import { ANY, BOOLEAN, checkShape, ID, type ObjectShape, own, TEXT, type TextShape } from './shape.ts'

/** NGROUPS_MAX: setgroups(2) takes no more. */
const MAX_GROUPS = 65536
/** struct winsize holds 16 bits each. */
const CELLS = { is: 'integer', min: 0, max: 65535 } as const
const CPU_LIST: TextShape = { is: 'text', rule: emptyOr(idListRule) }

const USER: ObjectShape<User> = {
  is: 'object',
  required: ['uid', 'gid'],
  fields: { uid: ID, gid: ID, umask: { is: 'integer', min: 0, max: 0o777 }, additionalGids: { is: 'list', of: ID, check: checkGroups } },
}

const CONSOLE_SIZE: ObjectShape<Box> = { is: 'object', required: ['height', 'width'], fields: { height: CELLS, width: CELLS } }

const CPU_AFFINITY: ObjectShape<ExecCPUAffinity> = { is: 'object', fields: { initial: CPU_LIST, final: CPU_LIST } }

/** `process`, or a process file of `exec`. @see runtime-spec config.md "Process" */
export const PROCESS_SHAPE: ObjectShape<Process> = {
  is: 'object',
  required: ['cwd', 'args'],
  fields: {
    terminal: BOOLEAN,
    consoleSize: ANY,
    user: USER,
    args: { is: 'list', of: TEXT, filled: true },
    env: { is: 'list', of: { is: 'text', rule: environmentEntry } },
    cwd: { is: 'text', rule: absolutePath },
    capabilities: CAPABILITIES_SHAPE,
    rlimits: RLIMITS_SHAPE,
    noNewPrivileges: BOOLEAN,
    apparmorProfile: TEXT,
    oomScoreAdj: { is: 'integer', min: -1000, max: 1000 },
    scheduler: SCHEDULER_SHAPE,
    selinuxLabel: TEXT,
    ioPriority: IO_PRIORITY_SHAPE,
    execCPUAffinity: CPU_AFFINITY,
  },
  check(process, place, report) {
    if (process.args[0] === '') report.problem({ up: { up: place, key: 'args' }, key: 0 }, 'expected a program, got ""')
    if (report.wantsWarnings && own(process, 'user') === undefined) {
      report.warning({ up: place, key: 'user' }, 'missing, so the process runs as uid 0 and gid 0')
    }
    // The specification wants consoleSize ignored without a terminal.
    const size = own(process, 'terminal') === true ? own(process, 'consoleSize') : undefined
    if (size !== undefined) checkShape(CONSOLE_SIZE, size, { up: place, key: 'consoleSize' }, report)
  },
}

/** The process with the user that an absent `user` stands for. */
export function withUser(process: Process): Process {
  return own(process, 'user') === undefined ? { ...process, user: { uid: 0, gid: 0 } } : process
}

function checkGroups(groups: readonly unknown[], place: Place, report: Report): void {
  if (groups.length > MAX_GROUPS) report.problem(place, `expected at most ${MAX_GROUPS} groups, got ${groups.length}`)
}
