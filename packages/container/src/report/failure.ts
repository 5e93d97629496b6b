/** From a `failed` status frame to an error that says what was asked, what went wrong, where, and what to do about it. */

import { type Frame, type Plan, planSteps, type Step } from '@teu/init'
import { TeuError, type TeuErrorCode, type TeuErrorDetails } from '@teu/spec'
import { splitWaitStatus } from './exit-report.ts'

type FailedFrame = Extract<Frame, { kind: 'failed' }>

/** What the operation was about. */
export interface FailureContext {
  readonly containerId: string
  /** `create`, `start`, `exec` … */
  readonly operation: string
  readonly plan: Plan
}

/** Turns the first failure of a plan, and what failed in the clean-up after it, into one error. */
export function failureOf(frame: FailedFrame, context: FailureContext, cleanup: readonly FailedFrame[] = []): TeuError {
  const steps = planSteps(context.plan)
  const step = steps[frame.step]
  const suppressed = cleanup.map((failed) => failureOf(failed, context))
  const details: TeuErrorDetails = {
    containerId: context.containerId,
    operation: context.operation,
    step: { index: frame.step, op: frame.op || 'none', stage: frame.stage },
    syscall: frame.syscall || undefined,
    errno: frame.errno || undefined,
    path: frame.path || undefined,
    pointer: step?.pointer,
    suppressed: suppressed.length > 0 ? suppressed : undefined,
  }
  const wording = describe(frame, step, steps, context.operation)
  return new TeuError(wording.code, wording.message, { ...details, remedy: wording.remedy ?? remedyFor(frame) })
}

/** Whether this stands for a process of teu-init that could not say anything any more: what it had made is still there. */
export function wasKilled({ op, errno }: Pick<FailedFrame, 'op' | 'errno'>): boolean {
  return op === '' && errno === 'ESRCH'
}

interface Wording {
  code: TeuErrorCode
  message: string
  remedy?: string
}

function describe(frame: FailedFrame, step: Step | undefined, steps: readonly Step[], operation: string): Wording {
  if (frame.syscall === 'exit') return operation === 'exec' ? execDiedWithoutAWord(frame) : diedWithoutAWord(frame)
  if (frame.errno === 'ECANCELED' && frame.op !== 'wait_process')
    return { code: 'ERR_TEU_SYSTEM', message: 'The start was cancelled by a signal, and has been undone' }
  if (wasKilled(frame)) return { code: 'ERR_TEU_SYSTEM', message: 'The process of teu-init that looked after the container was killed' }
  // The operation comes from the frame: a starter has the frames of what happens after the gate, but not the plan.
  // oxlint-disable-next-line switch-exhaustiveness-check -- most operations fail in the same words
  switch (frame.op) {
    case 'find_program':
      return notFoundInPath(frame, steps) ?? programFailure(frame)
    case 'exec':
      return programFailure(frame)
    case 'chdir':
      return { code: 'ERR_TEU_PROCESS_START', message: `Cannot change to the working directory "${frame.path}": ${reason(frame)}` }
    case 'hook':
      return { code: 'ERR_TEU_HOOK', message: `Hook "${frame.path}" failed: ${frame.detail || reason(frame)}` }
    case 'map_ids_helper':
      return mapHelperFailure(frame)
    case 'make_cgroup':
      return cgroupFailure(frame, `Cannot use the cgroup ${frame.path}`)
    case 'write_file':
      if (step?.op === 'write_file') return writeFailure(frame, step)
      break
    case 'lsm_label':
      return labelFailure(frame, step)
    case 'device_filter':
      return cgroupFailure(frame, `Cannot attach the device filter to ${frame.path}`)
    case 'write_child_pid':
    case 'remove_cgroup':
    case 'kill_cgroup':
    case 'freeze':
      return cgroupFailure(frame, `Cannot change the cgroup ${frame.path}`)
    case 'setns':
    case 'open_pidfd':
    case 'kill_process':
    case 'wait_process':
      if (frame.errno === 'ESRCH') return { code: 'ERR_TEU_NOT_RUNNING', message: 'container not running' }
      break
    case 'connect':
      return { code: 'ERR_TEU_SYSTEM', message: `Cannot connect to the socket "${frame.path}": ${reason(frame)}` }
    case 'adopt':
      return { code: 'ERR_TEU_SYSTEM', message: `Cannot pass a descriptor to the container: ${reason(frame)}` }
  }
  return { code: codeFor(frame), message: `Cannot ${actionOf(frame, step)}: ${reason(frame)} (step ${frame.step})` }
}

/** A name without a slash was looked for in all of PATH, which may hold one directory, or none. */
function notFoundInPath(frame: FailedFrame, steps: readonly Step[]): Wording | undefined {
  const exec = steps.findLast((each) => each.op === 'exec')
  const name = exec?.op === 'exec' ? exec.args[0] : undefined
  if (name === undefined || name.includes('/') || frame.errno !== 'ENOENT') return undefined
  return { code: 'ERR_TEU_PROCESS_START', message: `exec: "${name}": executable file not found in $PATH` }
}

/** The phrases that podman and Docker turn into exit status 126 and 127. */
function programFailure(frame: FailedFrame): Wording {
  const code = 'ERR_TEU_PROCESS_START'
  const name = frame.path
  // Docker looks for the first of these phrases, podman for the second.
  if (frame.errno === 'EISDIR') return { code, message: `exec: "${name}": is a directory: permission denied` }
  const remedy =
    frame.op === 'exec' && (frame.errno === 'EPERM' || frame.errno === 'ENOSYS')
      ? 'A seccomp profile that refuses execve gives this: check linux.seccomp'
      : frame.errno === 'ENOEXEC'
        ? 'Check that the program is built for this machine, or starts with an interpreter line'
        : frame.op === 'exec' && frame.errno === 'ENOENT'
          ? 'The program exists, so its interpreter or dynamic loader is missing in the root file system'
          : undefined
  return { code, message: `exec: "${name}": ${errnoText(frame.errno)}`, ...(remedy && { remedy }) }
}

/** newuidmap says itself which range it refuses. */
function mapHelperFailure(frame: FailedFrame): Wording {
  const name = frame.path.slice(frame.path.lastIndexOf('/') + 1)
  const file = name === 'newgidmap' ? '/etc/subgid' : '/etc/subuid'
  return {
    code: 'ERR_TEU_ROOTLESS',
    message: `Cannot map these ids: ${name} ${frame.detail || reason(frame)}`,
    remedy: `Map your own id and the ranges that ${file} gives you, or have more ranges added there`,
  }
}

function labelFailure(frame: FailedFrame, step: Step | undefined): Wording {
  const isProfile = frame.path.includes('/apparmor/')
  const label = step?.op === 'lsm_label' ? ` "${step.label.replace(/^exec /, '')}"` : ''
  const isUnknown = isProfile && frame.syscall === 'write' && frame.errno === 'ENOENT'
  return {
    code: codeFor(frame),
    message: `Cannot apply the ${isProfile ? 'AppArmor profile' : 'SELinux label'}${label}: ${isUnknown ? 'it is not loaded' : reason(frame)}`,
    ...(isUnknown && { remedy: 'Load the profile with apparmor_parser, or name another one' }),
  }
}

function cgroupFailure(frame: FailedFrame, what: string): Wording {
  if (frame.errno === 'EBUSY' && frame.op === 'make_cgroup') {
    return {
      code: 'ERR_TEU_CGROUP',
      message: `${what}: container's cgroup is not empty`,
      remedy: 'Choose another linux.cgroupsPath, or end what runs in it',
    }
  }
  return { code: 'ERR_TEU_CGROUP', message: `${what}: ${reason(frame)}` }
}

function writeFailure(frame: FailedFrame, step: Extract<Step, { op: 'write_file' }>): Wording {
  const value = new TextDecoder().decode(step.data.subarray(0, 80)).trimEnd()
  const isCgroup = step.path.includes('/cgroup')
  const message = `Cannot write "${value}" to ${step.path}: ${reason(frame)}`
  return { code: isCgroup ? 'ERR_TEU_CGROUP' : codeFor(frame), message }
}

/** The container that it joined may have ended, and taken it along. */
function execDiedWithoutAWord(frame: FailedFrame): Wording {
  const { signal, exitCode } = splitWaitStatus(frame.waitStatus)
  const how = signal === undefined ? `ended with exit code ${exitCode}` : `was killed by ${signal}`
  return {
    code: 'ERR_TEU_SYSTEM',
    message: `the process ${how} while it was being set up`,
    ...(signal === 'SIGKILL' && { remedy: 'The container has ended meanwhile, or its memory limit is too low for one more process' }),
  }
}

function diedWithoutAWord(frame: FailedFrame): Wording {
  const { signal, exitCode } = splitWaitStatus(frame.waitStatus)
  const how = signal === undefined ? `ended with exit code ${exitCode}` : `was killed by ${signal}`
  if (frame.errno === 'ENOMEM') {
    return {
      code: 'ERR_TEU_OOM_AT_START',
      message: 'container init was OOM-killed (memory limit too low?)',
      remedy: 'Raise linux.resources.memory.limit: the start itself needs some megabytes',
    }
  }
  return { code: 'ERR_TEU_SYSTEM', message: `container init ${how} while it was being set up` }
}

function codeFor(frame: FailedFrame): TeuErrorCode {
  if (frame.errno === 'ENOSYS') return 'ERR_TEU_UNSUPPORTED'
  if (frame.errno === 'ETIMEDOUT') return 'ERR_TEU_TIMEOUT'
  return 'ERR_TEU_SYSTEM'
}

function actionOf(frame: FailedFrame, step: Step | undefined): string {
  const what = WORDS[frame.op] ?? (frame.op || 'run the plan').replaceAll('_', ' ')
  const path = frame.path || (step && 'path' in step ? step.path : '')
  return path ? `${what} "${path}"` : what
}

/** What is done by operations whose name does not say it. */
const WORDS: Readonly<Record<string, string>> = {
  open_tree: 'open the source of the mount',
  new_mount: 'make the mount',
  mount_attr: 'set the attributes of the mount',
  attach: 'mount on',
  attach_root: 'mount the root file system',
  copy_mode: 'take over the mode of',
  bind_console: 'mount the console on',
  pid_file: 'write the pid file',
  rlimit: 'set a resource limit',
  own: 'change the owner of',
  mkdir_in_root: 'make the directory',
  readonly_path: 'make read-only',
  hostname: 'set the host name',
  domainname: 'set the domain name',
  link_up: 'bring up the network device',
  move_netdev: 'move the network device',
  session_keyring: 'join a session keyring',
  setsid: 'begin a session',
  controlling_tty: 'set the controlling terminal',
  stdio: 'connect the standard streams',
  stdio_owner: 'give the standard streams to the user',
  umask: 'set the umask',
  no_new_privs: 'forbid new privileges',
  bounding_caps: 'set the bounding capabilities',
  user: 'change to the user',
  capabilities: 'set the capabilities',
  seccomp: 'install the seccomp filter',
  seccomp_notify: 'hand over the seccomp listener',
  io_priority: 'set the I/O priority',
  cpu_affinity: 'set the CPU affinity',
  memory_policy: 'set the memory policy',
  personality: 'set the personality',
  lsm_label: 'set the security label',
}

function reason(frame: FailedFrame): string {
  // "no such file or directory" is kept for the program and its directory: engines read it as "command not found".
  const meaning = frame.errno === 'ENOENT' && frame.op !== 'chdir' ? 'it does not exist' : errnoText(frame.errno)
  const text = frame.syscall ? `${frame.syscall} failed with ${frame.errno} (${meaning})` : meaning
  return frame.detail ? `${text}: ${frame.detail}` : text
}

function remedyFor(frame: FailedFrame): string | undefined {
  if (frame.errno === 'ENOSYS') return 'teu needs Linux 5.12 or newer'
  if (frame.errno === 'ELOOP') return 'The path leads over a symbolic link, which is refused here: give the real path'
  if (frame.errno === 'EAGAIN' && frame.op === 'clone') {
    return 'There are as many processes as linux.resources.pids.limit, or a limit of the user, allows'
  }
  if (frame.errno === 'EPERM' && frame.op === 'clone') return 'Run as root, or add a user namespace with id mappings'
  return undefined
}

/** What strerror(3) says for the errors that other programs look for; the symbol for the rest. */
function errnoText(errno: string): string {
  return ERRNO_TEXT[errno] ?? errno
}

const ERRNO_TEXT: Readonly<Record<string, string>> = {
  E2BIG: 'argument list too long',
  EAGAIN: 'resource temporarily unavailable',
  ECONNREFUSED: 'connection refused',
  ENODEV: 'no such device',
  ENOTBLK: 'block device required',
  ETXTBSY: 'text file busy',
  EACCES: 'permission denied',
  EBADF: 'bad file descriptor',
  EBUSY: 'device or resource busy',
  EEXIST: 'file exists',
  EINVAL: 'invalid argument',
  EISDIR: 'is a directory',
  ELOOP: 'too many levels of symbolic links',
  ENAMETOOLONG: 'file name too long',
  ENOENT: 'no such file or directory',
  ENOEXEC: 'exec format error',
  ENOMEM: 'cannot allocate memory',
  ENOSPC: 'no space left on device',
  ENOSYS: 'function not implemented',
  ENOTDIR: 'not a directory',
  ENXIO: 'no such device or address',
  EPERM: 'operation not permitted',
  EROFS: 'read-only file system',
  ESRCH: 'no such process',
  ETIMEDOUT: 'timed out',
}
