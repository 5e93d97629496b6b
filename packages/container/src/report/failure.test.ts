import type { Frame, Plan, Step } from '@teu/init'
import { describe, expect, it } from 'vitest'
import { failureOf } from './failure.ts'

type FailedFrame = Extract<Frame, { kind: 'failed' }>

const FRAME: FailedFrame = {
  kind: 'failed',
  tag: 1,
  stage: 'container',
  step: 0,
  op: 'attach',
  syscall: 'move_mount',
  errno: 'EPERM',
  path: '/proc',
  detail: '',
  waitStatus: 0,
}

const EMPTY: Plan = { parent: [], joiner: [], container: [], after: [] }

function failure(changes: Partial<FailedFrame>, container: readonly Step[] = []): ReturnType<typeof failureOf> {
  const plan: Plan = { ...EMPTY, container }
  return failureOf({ ...FRAME, ...changes }, { containerId: 'box', operation: 'run', plan })
}

const launch = (candidates: readonly string[], ...args: string[]): Step[] => [
  { op: 'find_program', candidates, pointer: '/process/args/0' },
  { op: 'exec', args, env: [], fds: [], listenPid: false },
]
const missing = { op: 'find_program', syscall: 'access', errno: 'ENOENT' } as const

const LABEL: Step = { op: 'lsm_label', proc: 1, file: 'apparmor/exec', label: 'exec box', pointer: '/process/apparmorProfile' }
const UNLOADED = { op: 'lsm_label', syscall: 'write', path: '/proc/thread-self/attr/apparmor/exec' } as const

describe('failureOf()', () => {
  it('says what, on what and why', () => {
    const error = failure({}, [{ op: 'attach', mount: 1, root: 0, path: '/proc', create: 1, pointer: '/mounts/0' } as Step])
    expect(error.message).toBe('Cannot mount on "/proc": move_mount failed with EPERM (operation not permitted) (step 0)')
    expect(error).toMatchObject({ code: 'ERR_TEU_SYSTEM', pointer: '/mounts/0', path: '/proc', containerId: 'box' })
  })

  it.each([
    [['/bin/nope', '/usr/bin/nope'], '/bin/nope'],
    [['/bin/nope'], '/bin/nope'],
    // PATH has nothing but relative directories.
    [[], ''],
  ])('a name that is nowhere in PATH, looked for at %j', (candidates, path) => {
    const error = failure({ ...missing, path }, launch(candidates, 'nope'))
    expect(error).toMatchObject({ code: 'ERR_TEU_PROCESS_START', message: 'exec: "nope": executable file not found in $PATH' })
  })

  it('a path to a program that is not there', () => {
    const error = failure({ ...missing, path: '/bin/nope' }, launch(['/bin/nope'], '/bin/nope'))
    expect(error.message).toBe('exec: "/bin/nope": no such file or directory')
  })

  it('an execve that a filter refuses', () => {
    const error = failure({ op: 'exec', syscall: 'execve', errno: 'ENOSYS', path: '/bin/true' }, launch(['/bin/true'], '/bin/true'))
    expect(error).toMatchObject({ code: 'ERR_TEU_PROCESS_START', remedy: expect.stringContaining('linux.seccomp') })
  })

  it('a set-up that was cancelled is no failure of the step that it was at', () => {
    const error = failure({ stage: 'parent', op: 'hook', syscall: 'sync', errno: 'ECANCELED', path: '', detail: 'killed by SIGKILL' })
    expect(error).toMatchObject({ code: 'ERR_TEU_SYSTEM', message: 'The start was cancelled by a signal, and has been undone' })
  })

  it('a container whose memory limit is too low to start', () => {
    expect(failure({ op: 'new_mount', syscall: 'exit', errno: 'ENOMEM', waitStatus: 9 })).toMatchObject({
      code: 'ERR_TEU_OOM_AT_START',
      message: 'container init was OOM-killed (memory limit too low?)',
    })
  })

  it('an exec into a container that ends at this moment', () => {
    const exec = (changes: Partial<FailedFrame>): ReturnType<typeof failureOf> =>
      failureOf({ ...FRAME, path: '', ...changes }, { containerId: 'box', operation: 'exec', plan: EMPTY })
    expect(exec({ op: 'setns', syscall: 'setns', errno: 'ESRCH' })).toMatchObject({
      code: 'ERR_TEU_NOT_RUNNING',
      message: 'container not running',
    })
    const killed = exec({ op: 'wait', syscall: 'exit', errno: '', waitStatus: 9 })
    expect(killed.message).toBe('the process was killed by SIGKILL while it was being set up')
    expect(failure({ op: 'wait', syscall: 'exit', errno: '', waitStatus: 9 }).message).toContain('container init was killed by SIGKILL')
  })

  it('a range of ids that newuidmap refuses', () => {
    const helper = {
      op: 'map_ids_helper',
      syscall: 'hook',
      errno: '',
      path: '/usr/bin/newuidmap',
      detail: 'exited with status 1: no',
    } as const
    expect(failure({ ...helper, stage: 'parent' })).toMatchObject({
      code: 'ERR_TEU_ROOTLESS',
      message: 'Cannot map these ids: newuidmap exited with status 1: no',
    })
  })

  it('names the AppArmor profile that is not loaded, and says what to do', () => {
    expect(failure({ ...UNLOADED, errno: 'ENOENT' }, [LABEL])).toMatchObject({
      message: 'Cannot apply the AppArmor profile "box": it is not loaded',
      pointer: '/process/apparmorProfile',
      remedy: expect.stringContaining('apparmor_parser') as string,
    })
  })

  it('says of another failure of a label what the kernel said', () => {
    const { message, remedy } = failure({ ...UNLOADED, errno: 'EACCES' }, [LABEL])
    expect([message, remedy]).toEqual(['Cannot apply the AppArmor profile "box": write failed with EACCES (permission denied)', undefined])
  })
})
