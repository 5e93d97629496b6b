/** Copying what an image has in a directory into the mount that covers it. */

import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { describeIf, needsPrograms, needsRoot, which } from '../../../../tests/harness/requirements.ts'
import type { Step } from '../../src/index.ts'
import { attach, inRoot, newMount, type Outcome, processPlan, proc, program, ROOT, runPlan, shell, testDir } from './run-plan.ts'

describeIf('copy_up', [needsRoot], () => {
  const place = testDir()
  const MiB = 1024 * 1024

  function copy(rootfs: string, then: readonly Step[], path = '/d', maxBytes = 16 * MiB): Outcome {
    const setup: Step[] = [newMount(1, 'tmpfs'), { op: 'copy_up', mount: 1, root: ROOT, path, maxBytes }, attach(1, '/copy')]
    return runPlan(processPlan(inRoot(rootfs, setup, then)))
  }
  interface Fact {
    readonly type: string
    readonly mode: number
    readonly uid: number
    readonly gid: number
    readonly size: number
    readonly target?: string
    readonly error?: string
  }
  function facts(rootfs: string, ...names: string[]): Fact[] {
    const outcome = copy(rootfs, program('/probe', 'stat', ...names.map((name) => `/copy/${name}`)))
    expect(outcome.failure).toBeUndefined()
    return JSON.parse(outcome.stdout) as Fact[]
  }

  it('keeps content, mode, owner, links and times', () => {
    const rootfs = place.fresh()
    mkdirSync(join(rootfs, 'd/sub/deep'), { recursive: true })
    writeFileSync(join(rootfs, 'd/sub/file'), 'content\n')
    chownSync(join(rootfs, 'd/sub/file'), 12, 34)
    chmodSync(join(rootfs, 'd/sub/file'), 0o6751)
    chmodSync(join(rootfs, 'd/sub'), 0o1710)
    utimesSync(join(rootfs, 'd/sub/file'), 1_000_000_000, 1_000_000_001)
    symlinkSync('/etc/shadow', join(rootfs, 'd/link'))
    linkSync(join(rootfs, 'd/sub/file'), join(rootfs, 'd/hard'))
    const [file, sub, link, hard] = facts(rootfs, 'sub/file', 'sub', 'link', 'hard')
    expect(file).toMatchObject({ mode: 0o6751, uid: 12, gid: 34, size: 8 })
    expect(sub?.mode).toBe(0o1710)
    expect(link?.target).toBe('/etc/shadow')
    expect(hard).toMatchObject({ mode: 0o6751, size: 8 })
    const outcome = copy(rootfs, shell('cat /copy/sub/file; stat -c %Y /copy/sub/file; touch /copy/new && ls /d'))
    expect(outcome.stdout).toBe('content\n1000000001\nhard\nlink\nsub\n')
  })

  it('leaves out devices, FIFOs and sockets, and does not hang on them', () => {
    const rootfs = place.fresh()
    mkdirSync(join(rootfs, 'd'))
    execFileSync('mknod', [join(rootfs, 'd/zero'), 'c', '1', '5'])
    execFileSync('mkfifo', [join(rootfs, 'd/pipe')])
    writeFileSync(join(rootfs, 'd/file'), '')
    expect(copy(rootfs, shell('ls -A /copy')).stdout).toBe('file\n')
  })

  it('a sparse file of a tebibyte stays sparse', () => {
    const rootfs = place.fresh()
    mkdirSync(join(rootfs, 'd'))
    const big = join(rootfs, 'd/big')
    writeFileSync(big, 'start')
    truncateSync(big, 2 ** 40)
    writeSync(openSync(big, 'r+'), 'middle', 2 ** 39)
    const outcome = copy(
      rootfs,
      shell('stat -c %s /copy/big; [ $(stat -c %b /copy/big) -lt 100 ] && echo sparse; dd if=/copy/big bs=1 skip=549755813888 count=6'),
    )
    expect(outcome.stdout).toBe('1099511627776\nsparse\nmiddle')
  })

  it('stops at the limit of bytes, of entries and of depth', () => {
    const bytes = place.fresh()
    mkdirSync(join(bytes, 'd'))
    writeFileSync(join(bytes, 'd/a'), Buffer.alloc(MiB))
    expect(copy(bytes, shell('true'), '/d', MiB).failure).toBeUndefined()
    expect(copy(bytes, shell('true'), '/d', MiB - 1).failure).toMatchObject({ op: 'copy_up', syscall: 'copy', errno: 'EFBIG', path: '/d' })
    const deep = place.fresh()
    mkdirSync(join(deep, `d/${'x/'.repeat(130)}`), { recursive: true })
    expect(copy(deep, shell('true')).failure).toMatchObject({ op: 'copy_up', errno: 'ENAMETOOLONG' })
    const many = mkdtempSync('/dev/shm/teu-copy-')
    execFileSync('sh', ['-c', 'mkdir "$1/d" && cd "$1/d" && seq 100001 | xargs -n 5000 touch', 'sh', many])
    const target = newMount(1, 'tmpfs', ['nr_inodes=0'])
    const outcome = runPlan(
      processPlan(inRoot(many, [target, { op: 'copy_up', mount: 1, root: ROOT, path: '/d', maxBytes: MiB }], shell('true'))),
    )
    rmSync(many, { recursive: true })
    expect(outcome.failure).toMatchObject({ op: 'copy_up', errno: 'E2BIG' })
  })

  it('copies from inside the root only, and nothing when there is nothing', () => {
    const rootfs = place.fresh()
    const secret = join(place.dir, 'secret')
    mkdirSync(secret, { recursive: true })
    writeFileSync(join(secret, 'key'), 'secret')
    symlinkSync(secret, join(rootfs, 'd'))
    symlinkSync(`${'../'.repeat(30)}${secret}`, join(rootfs, 'up'))
    for (const path of ['/d', '/up', '/none']) {
      const outcome = copy(rootfs, shell('ls -A /copy'), path)
      expect([outcome.failure, outcome.stdout], path).toEqual([undefined, ''])
    }
    expect(lstatSync(join(secret, 'key')).size).toBe(6)
  })

  it('a file is no directory to copy', () => {
    expect(copy(place.rootfs, shell('true'), '/etc/passwd').failure).toMatchObject({ op: 'copy_up', errno: 'ENOTDIR' })
  })

  it('what is mounted below is left out', () => {
    const rootfs = place.fresh()
    mkdirSync(join(rootfs, 'd/mnt'), { recursive: true })
    const mounted = [
      newMount(5, 'tmpfs'),
      attach(5, '/d/mnt'),
      { op: 'mkdir_in_root', root: ROOT, path: '/d/mnt/inside', mode: 0o755 } as const,
    ]
    const setup: Step[] = [
      ...mounted,
      newMount(1, 'tmpfs'),
      { op: 'copy_up', mount: 1, root: ROOT, path: '/d', maxBytes: MiB },
      attach(1, '/copy'),
    ]
    expect(runPlan(processPlan(inRoot(rootfs, setup, shell('find /copy')))).stdout).not.toContain('inside')
  })
})

describeIf('copy_up of file capabilities', [needsRoot, needsPrograms('setcap')], () => {
  const place = testDir()

  it('keeps them', () => {
    const rootfs = place.fresh()
    mkdirSync(join(rootfs, 'd'))
    copyFileSync(join(rootfs, 'probe'), join(rootfs, 'd/probe'))
    execFileSync(which('setcap') ?? 'setcap', ['cap_net_raw+ep', join(rootfs, 'd/probe')])
    const setup: Step[] = [newMount(1, 'tmpfs'), { op: 'copy_up', mount: 1, root: ROOT, path: '/d', maxBytes: 2 ** 24 }, attach(1, '/copy')]
    const user: Step = { op: 'user', uid: 1000, gid: 1000, groups: [], setGroups: true }
    const drop: Step = { op: 'capabilities', effective: 0, permitted: 0, inheritable: 0, ambient: 0 }
    const outcome = runPlan(processPlan(inRoot(rootfs, [...proc(), ...setup], [user, drop, ...program('/copy/probe', 'caps')])))
    expect(outcome.failure).toBeUndefined()
    expect(outcome.stdout).toMatch(/"(effective|CapEff)":\s*"?(0x)?0*2000"?|NET_RAW/i)
  })
})
