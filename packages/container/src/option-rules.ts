/** What the options of the public functions have to be, so that a mistake is found before anything has changed. */

import { fstatSync } from 'node:fs'
import {
  checkOptions,
  checkValue,
  integerOption,
  type LinuxResources,
  listOption,
  OPTION,
  type OptionRule,
  type OptionRules,
  TeuError,
  wordOption,
} from '@teu/spec'
import type { ResourcesPatch } from './cgroup/resources/merge.ts'
import type { StatsController } from './cgroup/stats/read.ts'
import type { RunOptions } from './containers.ts'
import type { ExecOptions } from './lifecycle/exec.ts'
import type { Stdio } from './types.ts'

type RulesFor<T> = Readonly<Record<keyof T, OptionRule>>

const MAX_FD = 0x7fff_ffff
const isFd = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_FD
const isStream = (value: unknown): boolean => value === 'inherit' || value === 'null' || value === 'pipe' || isFd(value)

/** Rule for {@link Stdio}. */
export const STDIO_RULE: OptionRule = {
  expected: 'inherit, null, pipe, a descriptor number, or an array of three of these',
  isKind: (value) => isStream(value) || (Array.isArray(value) && value.length === 3 && value.every(isStream)),
}

const FDS = listOption('descriptor numbers', isFd)
const CALLS: RulesFor<Required<RunOptions>> = {
  bundle: OPTION.path,
  spec: OPTION.object,
  stdio: STDIO_RULE,
  consoleSocket: OPTION.path,
  pidFile: OPTION.path,
  pidfdSocket: OPTION.path,
  rootOverlay: OPTION.flag,
  noPivot: OPTION.flag,
  noNewKeyring: OPTION.flag,
  extraFds: FDS,
  notifySocket: OPTION.path,
  timeoutMs: OPTION.milliseconds,
  signal: OPTION.abortSignal,
  keep: OPTION.flag,
  forwardSignals: OPTION.flag,
  listenFds: OPTION.object,
  onStarted: OPTION.callback,
}

const EXEC: RulesFor<Required<ExecOptions>> = {
  args: OPTION.texts,
  process: OPTION.object,
  env: OPTION.texts,
  cwd: OPTION.text,
  user: OPTION.object,
  terminal: OPTION.flag,
  consoleSize: OPTION.object,
  stdio: STDIO_RULE,
  consoleSocket: OPTION.path,
  pidfdSocket: OPTION.path,
  capabilities: OPTION.object,
  noNewPrivileges: OPTION.flag,
  apparmorProfile: OPTION.text,
  selinuxLabel: OPTION.text,
  rlimits: { expected: 'an array', isKind: Array.isArray },
  scheduler: OPTION.object,
  ioPriority: OPTION.object,
  oomScoreAdj: integerOption(-1000, 1000),
  cpuAffinity: OPTION.object,
  extraFds: FDS,
  subCgroup: { expected: 'a string or an object', isKind: (value) => typeof value === 'string' || OPTION.object.isKind(value) },
  ignorePaused: OPTION.flag,
  pidFile: OPTION.path,
  detach: OPTION.flag,
  timeoutMs: OPTION.milliseconds,
  signal: OPTION.abortSignal,
  forwardSignals: OPTION.flag,
  noNewKeyring: OPTION.flag,
}

const CONTROLLERS: readonly StatsController[] = ['cpu', 'cpuset', 'memory', 'pids', 'blkio', 'hugetlb', 'rdma', 'misc', 'network']

/** Rules by function. */
export const RULES: Readonly<Record<'open' | 'list' | 'force' | 'destroy' | 'start' | 'kill' | 'pause' | 'stats' | 'signal', OptionRules>> =
  {
    open: {
      root: OPTION.path,
      cgroupManager: wordOption('fs', 'systemd', 'disabled'),
      rootless: { expected: 'true, false or auto', isKind: (value) => typeof value === 'boolean' || value === 'auto' },
      helper: wordOption('spawner', 'once'),
      trace: OPTION.flag,
    },
    list: { onBadEntry: OPTION.callback },
    force: { force: OPTION.flag },
    destroy: { force: OPTION.flag, timeoutMs: OPTION.milliseconds },
    start: { signal: OPTION.abortSignal, notifySocket: OPTION.path },
    kill: { all: OPTION.flag },
    pause: { timeoutMs: OPTION.milliseconds },
    stats: { only: listOption(CONTROLLERS.join(', '), (value) => CONTROLLERS.includes(value as StatsController)) },
    signal: { signal: OPTION.abortSignal },
  }

/** Checks the options of create and run.
 *  @throws {TypeError | RangeError} for what is no option, or not what the option has to be
 *  @throws {TeuError} ERR_TEU_USAGE for a descriptor that is not open */
export function checkRunOptions(where: string, options: RunOptions): void {
  checkOptions(where, options, CALLS)
  if (options.bundle === undefined) throw new TypeError(`${where}: bundle must be a path, got nothing`)
  checkDescriptors(options)
}

/** What a whole `process` says itself. */
const OF_PROCESS = [
  'args',
  'env',
  'cwd',
  'user',
  'terminal',
  'consoleSize',
  'capabilities',
  'noNewPrivileges',
  'apparmorProfile',
  'selinuxLabel',
  'rlimits',
  'scheduler',
  'ioPriority',
  'oomScoreAdj',
] as const satisfies readonly (keyof ExecOptions)[]

/** The same for exec. */
export function checkExecOptions(options: ExecOptions): void {
  checkOptions('exec', options, EXEC)
  if (options.args === undefined && options.process === undefined) throw new TypeError('exec: options must have args or a process')
  const twice = options.process && OF_PROCESS.find((name) => options[name] !== undefined)
  if (twice) throw new TypeError(`exec: ${twice} and process exclude each other`)
  checkDescriptors(options)
}

const group: OptionRule = { expected: 'an object or null', isKind: (value) => value === null || OPTION.object.isKind(value) }
const groups: OptionRule = { expected: 'an array or null', isKind: (value) => value === null || Array.isArray(value) }
const RESOURCES: RulesFor<Required<LinuxResources>> = {
  devices: groups,
  memory: group,
  cpu: group,
  pids: group,
  blockIO: group,
  hugepageLimits: groups,
  network: group,
  rdma: group,
  unified: group,
}

/** Checks the shape of a resources document; what it does not know is left to others, as in a config. */
export function checkResources(patch: ResourcesPatch): void {
  checkValue('update', 'resources', patch, OPTION.object)
  for (const [name, rule] of Object.entries(RESOURCES)) {
    const value = patch[name as keyof LinuxResources]
    if (value !== undefined) checkValue('update', name, value, rule)
  }
}

const SIDE = integerOption(0, 0xffff)

/** Checks the size of a terminal. */
export function checkSize(size: { height: number; width: number }): void {
  checkOptions('resize', size, { height: SIDE, width: SIDE })
  checkValue('resize', 'height', size.height, SIDE)
  checkValue('resize', 'width', size.width, SIDE)
}

/** A number that is no open descriptor would only be found when the helper cannot be started. */
function checkDescriptors({ stdio, extraFds }: { stdio?: Stdio; extraFds?: readonly number[] }): void {
  const streams = typeof stdio === 'object' ? stdio : [stdio]
  for (const fd of streams) if (typeof fd === 'number') checkOpen('stdio', fd)
  for (const fd of extraFds ?? []) checkOpen('extraFds', fd)
}

function checkOpen(option: string, fd: number): void {
  try {
    fstatSync(fd)
  } catch (cause) {
    throw new TeuError('ERR_TEU_USAGE', `Cannot use descriptor ${fd} for ${option}: it is not open`, { errno: 'EBADF', cause })
  }
}
