/** Identity, rights and other attributes of the program. */

import { chmodSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { describeIf, needsRoot } from '../../../../tests/harness/requirements.ts'
import type { Step, StepOf } from '../../src/index.ts'
import {
  attach,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWUTS,
  inRoot,
  newMount,
  openTree,
  type Outcome,
  proc,
  processPlan,
  program,
  runPlan,
  shell,
  testDir,
} from './run-plan.ts'

const KILL = 1n << 5n
const NET_BIND = 1n << 10n
const CHOWN = 1n << 0n

describeIf('the process', [needsRoot], () => {
  const place = testDir()
  const user = (changes: Partial<StepOf<'user'>> = {}): Step => ({
    op: 'user',
    uid: 1000,
    gid: 1001,
    groups: [],
    setGroups: true,
    ...changes,
  })

  function run(then: readonly Step[], rootfs: string = place.rootfs): Outcome {
    return runPlan(processPlan(inRoot(rootfs, proc(), then), { flags: CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS }))
  }
  /** Lines of /proc/self/status of a program that runs after these steps. */
  function status(then: readonly Step[]): Record<string, string> {
    const outcome = run([...then, ...program('/bin/cat', '/proc/self/status')])
    expect(outcome.failure).toBeUndefined()
    const found: Record<string, string> = {}
    for (const line of outcome.stdout.trim().split('\n')) {
      const [key = '', value = ''] = line.split(/:\s*/)
      found[key] = value.trim().replace(/\s+/g, ' ')
    }
    return found
  }
  const hex = (set: bigint): string => set.toString(16).padStart(16, '0')

  it('hostname() and domainname()', () => {
    const steps: Step[] = [
      { op: 'hostname', name: 'box' },
      { op: 'domainname', name: 'example.net' },
    ]
    const outcome = run([...steps, ...shell('cat /proc/sys/kernel/hostname /proc/sys/kernel/domainname')])
    expect(outcome.stdout).toBe('box\nexample.net\n')
    expect(run([{ op: 'hostname', name: 'x'.repeat(65) }]).failure).toMatchObject({
      op: 'hostname',
      syscall: 'sethostname',
      errno: 'EINVAL',
    })
  })

  it('user() sets exactly these ids and groups', () => {
    expect(status([user({ groups: [5, 7] })])).toMatchObject({ Uid: '1000 1000 1000 1000', Gid: '1001 1001 1001 1001', Groups: '5 7' })
    expect(status([user()])).toMatchObject({ Groups: '' })
    expect(status([user({ uid: 4294967294, gid: 2147483648 })])).toMatchObject({ Uid: Array(4).fill('4294967294').join(' ') })
    const many = Array.from({ length: 65536 }, (_, n) => n + 1)
    expect(status([user({ groups: many })])['Groups']?.split(' ')).toHaveLength(65536)
    expect(run([user({ groups: [...many, 0] })]).failure).toMatchObject({ op: 'user', syscall: 'setgroups', errno: 'EINVAL' })
  })

  it('a user without capabilities of his own has none from the first instruction on', () => {
    const set: Step = { op: 'capabilities', effective: KILL, permitted: KILL, inheritable: 0, ambient: 0 }
    expect(status([{ op: 'bounding_caps', keep: KILL }, user(), set])).toMatchObject({
      CapInh: hex(0n),
      CapPrm: hex(0n),
      CapEff: hex(0n),
      CapBnd: hex(KILL),
      CapAmb: hex(0n),
    })
  })

  it('root has what is asked for; nothing is inheritable', () => {
    const keep = KILL | NET_BIND
    const set: Step = { op: 'capabilities', effective: keep, permitted: keep, inheritable: 0, ambient: 0 }
    expect(status([{ op: 'bounding_caps', keep }, user({ uid: 0, gid: 0 }), set])).toMatchObject({
      CapInh: hex(0n),
      CapPrm: hex(keep),
      CapEff: hex(keep),
      CapBnd: hex(keep),
      CapAmb: hex(0n),
    })
  })

  it('ambient capabilities are exactly those asked for', () => {
    const both = NET_BIND | CHOWN
    const set: Step = { op: 'capabilities', effective: both, permitted: both, inheritable: both, ambient: NET_BIND }
    expect(status([user(), set])).toMatchObject({ CapEff: hex(NET_BIND), CapPrm: hex(NET_BIND), CapInh: hex(both), CapAmb: hex(NET_BIND) })
    const beyond: Step = { op: 'capabilities', effective: 0, permitted: 0, inheritable: 0, ambient: NET_BIND }
    expect(run([user(), beyond]).failure).toMatchObject({ op: 'capabilities', syscall: 'prctl', errno: 'EPERM' })
  })

  it('capabilities above the bounding set are refused', () => {
    const set: Step = { op: 'capabilities', effective: 1n << 63n, permitted: 0, inheritable: 0, ambient: 0 }
    expect(run([set]).failure ?? { errno: 'EPERM' }).toMatchObject({ errno: 'EPERM' })
    const dropped: Step[] = [{ op: 'capabilities', effective: KILL, permitted: KILL, inheritable: 0, ambient: 0 }]
    expect(run([...dropped, { op: 'capabilities', effective: CHOWN, permitted: CHOWN, inheritable: 0, ambient: 0 }]).failure).toMatchObject(
      {
        op: 'capabilities',
        syscall: 'capset',
        errno: 'EPERM',
      },
    )
  })

  it('no_new_privs(), umask(), setsid(), personality()', () => {
    const steps: Step[] = [{ op: 'no_new_privs' }, { op: 'umask', mask: 0o137 }, { op: 'personality', persona: 0x0040000 }]
    expect(status(steps)).toMatchObject({ NoNewPrivs: '1', Umask: '0137' })
    expect(run([...steps, ...shell('cat /proc/self/personality')]).stdout).toBe('00040000\n')
    const session = run([{ op: 'setsid' }, ...shell('cut -d" " -f5,6 /proc/1/stat || cat /proc/1/stat')])
    expect(session.failure).toBeUndefined()
    expect(run([{ op: 'setsid' }, { op: 'setsid' }]).failure).toMatchObject({ op: 'setsid', errno: 'EPERM' })
  })

  it('scheduler(), io_priority(), cpu_affinity(), memory_policy()', () => {
    const normal = { policy: 3, nice: 7, priority: 0, flags: 0, runtimeNs: 0, deadlineNs: 0, periodNs: 0 }
    const steps: Step[] = [
      { op: 'scheduler', ...normal },
      { op: 'io_priority', priority: (2 << 13) | 6 },
      { op: 'cpu_affinity', mask: new Uint8Array([1]) },
    ]
    const outcome = run([...steps, ...program('/probe', 'sched')])
    expect(outcome.failure).toBeUndefined()
    expect(outcome.stdout).toContain('7')
    expect(status(steps)).toMatchObject({ Cpus_allowed_list: '0' })
    expect(run([{ op: 'scheduler', ...normal, policy: 77 }]).failure).toMatchObject({
      op: 'scheduler',
      syscall: 'sched_setattr',
      errno: 'EINVAL',
    })
    expect(run([{ op: 'io_priority', priority: 6 << 13 }]).failure).toMatchObject({ op: 'io_priority', errno: 'EINVAL' })
    expect(run([{ op: 'cpu_affinity', mask: new Uint8Array([0]) }]).failure).toMatchObject({ op: 'cpu_affinity', errno: 'EINVAL' })
    expect(run([{ op: 'memory_policy', mode: 99, nodes: new Uint8Array([1]) }]).failure).toMatchObject({
      op: 'memory_policy',
      errno: 'EINVAL',
    })
    expect(run([{ op: 'memory_policy', mode: 2, nodes: new Uint8Array(600) }]).failure).toMatchObject({
      op: 'memory_policy',
      errno: 'EINVAL',
    })
    const bound = run([{ op: 'memory_policy', mode: 2, nodes: new Uint8Array([1]) }, ...shell('true')])
    expect(bound.failure === undefined || bound.failure.errno === 'ENOSYS').toBe(true)
  })

  it("session_keyring() takes the caller's keys away", () => {
    const outcome = run([{ op: 'session_keyring', name: `teu-test-${process.pid}` }, ...shell('cat /proc/keys')])
    expect(outcome.failure).toBeUndefined()
    if (outcome.status === 0) expect(outcome.stdout).toContain(`teu-test-${process.pid}`)
  })

  it('lsm_label() writes to the attributes of this task, and never across a mount', () => {
    const label = (proc: number): Step => ({ op: 'lsm_label', proc, file: 'exec', label: 'no-such-profile' })
    const before: Step[] = [openTree(40, '/proc')]
    const unknown = runPlan(processPlan([label(40)], { before })).failure
    expect(unknown).toMatchObject({ op: 'lsm_label', path: '/proc/thread-self/attr/exec' })
    const proc41 = [newMount(41, 'proc'), attach(41, '/proc', { keep: true })]
    const cover = [newMount(1, 'tmpfs'), attach(1, '/proc/1/task/1/attr', { create: 0, overProc: true })]
    const covered = runPlan(processPlan(inRoot(place.rootfs, [...proc41, ...cover], [label(41)]))).failure
    expect(covered).toMatchObject({ op: 'lsm_label', syscall: 'openat2', errno: 'EXDEV', path: '/proc/thread-self/attr/exec' })
  })

  it('chdir() accepts no descriptor of ours as a directory', () => {
    const rootfs = place.fresh()
    symlinkSync('/proc/self/fd', join(rootfs, 'dev/fd'))
    for (const path of ['/proc/self/fd/', '/proc/1/fd/', '/proc/thread-self/fd/', '/dev/fd/']) {
      for (let fd = 0; fd < 24; fd += 1) {
        const { failure } = run([{ op: 'chdir', path: `${path}${fd}`, create: fd % 2 === 0 }, ...shell('pwd')], rootfs)
        expect(failure?.op, `${path}${fd}`).toBe('chdir')
        expect(failure?.errno, `${path}${fd}`).toMatch(/^(ELOOP|ENOENT|EACCES|EPERM)$/)
      }
    }
    for (const path of ['/proc/self/cwd', '/proc/self/root', '/proc/1/root/etc']) {
      expect(run([{ op: 'chdir', path, create: false }]).failure, path).toMatchObject({ op: 'chdir', errno: 'ELOOP' })
    }
  })

  it('chdir() makes a missing directory with the rights of the user, inside', () => {
    const rootfs = place.fresh()
    chmodSync(join(rootfs, 'home'), 0o777)
    symlinkSync(`${'../'.repeat(30)}${place.dir}/outside`, join(rootfs, 'home/link'))
    const make = (path: string): Step[] => [user(), { op: 'chdir', path, create: true }, ...shell('pwd')]
    expect(run(make('/home/a/b'), rootfs)).toMatchObject({ status: 0, stdout: '/home/a/b\n' })
    expect(lstatSync(join(rootfs, 'home/a'))).toMatchObject({ uid: 1000, gid: 1001, mode: 0o40755 })
    expect(run(make('/etc/new'), rootfs).failure).toMatchObject({ op: 'chdir', errno: 'EACCES' })
    expect(run(make('/home/link/x'), rootfs).failure).toMatchObject({ op: 'chdir', errno: 'EACCES' })
    expect(() => lstatSync(join(place.dir, 'outside'))).toThrow('ENOENT')
    expect(run([{ op: 'chdir', path: '/etc/passwd', create: true }]).failure).toMatchObject({ op: 'chdir', errno: 'ENOTDIR' })
    expect(run([{ op: 'chdir', path: '/none', create: false }]).failure).toMatchObject({ op: 'chdir', syscall: 'openat2', errno: 'ENOENT' })
  })

  it('chdir() into a directory that the user may not enter is EACCES', () => {
    const rootfs = place.fresh()
    mkdirSync(join(rootfs, 'private'), { mode: 0o700 })
    const drop: Step = { op: 'capabilities', effective: 0, permitted: 0, inheritable: 0, ambient: 0 }
    expect(run([user(), drop, { op: 'chdir', path: '/private', create: false }], rootfs).failure).toMatchObject({
      op: 'chdir',
      errno: 'EACCES',
    })
  })

  it('find_program() takes the first file that can be executed, else says why the nearest cannot', () => {
    const rootfs = place.fresh()
    writeFileSync(join(rootfs, 'plain'), '')
    mkdirSync(join(rootfs, 'directory'))
    symlinkSync('/nowhere', join(rootfs, 'dangling'))
    const find = (...candidates: string[]): Step => ({ op: 'find_program', candidates })
    const exec: Step = { op: 'exec', args: ['sh', '-c', 'echo found'], env: [], fds: [], listenPid: false }
    expect(run([find('/none', '/plain', '/directory', '/bin/sh', '/none2'), exec], rootfs)).toMatchObject({ stdout: 'found\n' })
    expect(run([find('/none', '/plain', '/directory')], rootfs).failure).toMatchObject({
      errno: 'EACCES',
      path: '/plain',
      syscall: 'access',
    })
    expect(run([find('/none', '/directory')], rootfs).failure).toMatchObject({ errno: 'EISDIR', path: '/directory' })
    expect(run([find('/none', '/plain/x', '/dangling')], rootfs).failure).toMatchObject({ errno: 'ENOENT', path: '/none' })
    expect(run([find('/plain/x')], rootfs).failure).toMatchObject({ errno: 'ENOENT' })
  })
})
