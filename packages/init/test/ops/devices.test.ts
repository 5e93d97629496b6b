/** Device nodes, links and directories in the root. */

import { lstatSync, mkdirSync, readlinkSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { describeIf, needsRoot } from '../../../../tests/harness/requirements.ts'
import type { Step, StepOf } from '../../src/index.ts'
import { hostPicture, makeCanary } from './canary.ts'
import { type Failure, inRoot, processPlan, ROOT, runPlan, shell, testDir } from './run-plan.ts'

const node = (path: string, changes: Partial<StepOf<'mknod'>> = {}): Step => ({
  op: 'mknod',
  root: ROOT,
  path,
  kind: 'c'.charCodeAt(0),
  major: 1,
  minor: 3,
  mode: 0o666,
  uid: 0,
  gid: 0,
  ...changes,
})
const symlink = (path: string, target: string, replace = false): Step => ({ op: 'symlink', root: ROOT, path, target, replace })

describeIf('devices and links', [needsRoot], () => {
  const place = testDir()
  let canary = ''
  beforeAll(() => {
    canary = makeCanary(place.dir)
  })

  const run = (rootfs: string, steps: readonly Step[]): Failure | undefined =>
    runPlan(processPlan(inRoot(rootfs, steps, shell('true')))).failure

  it('mknod() makes character and block devices and FIFOs, with mode and owner as given', () => {
    const rootfs = place.fresh()
    const block = { kind: 'b'.charCodeAt(0), major: 7, minor: 300, mode: 0o640, uid: 5, gid: 6 }
    const steps: Step[] = [
      { op: 'umask', mask: 0o77 },
      node('/dev/null'),
      node('/dev/x/y/loop', block),
      node('/dev/pipe', { kind: 'p'.charCodeAt(0), mode: 0o4622, uid: 9 }),
      node('/dev/u', { kind: 'u'.charCodeAt(0), major: 4095, minor: 1048575 }),
    ]
    expect(run(rootfs, steps)).toBeUndefined()
    const facts = ['null', 'x/y/loop', 'pipe', 'u'].map((name) => lstatSync(join(rootfs, 'dev', name)))
    const [zero, loop, pipe, wide] = facts
    expect([zero?.isCharacterDevice(), zero?.mode, zero?.rdev]).toEqual([true, 0o20666, 0x103])
    expect([loop?.isBlockDevice(), loop?.mode, loop?.uid, loop?.gid]).toEqual([true, 0o60640, 5, 6])
    expect([pipe?.isFIFO(), (pipe?.mode ?? 0) & 0o777, pipe?.uid]).toEqual([true, 0o622, 9])
    expect(wide?.isCharacterDevice()).toBe(true)
    expect(lstatSync(join(rootfs, 'dev/x/y')).mode & 0o777).toBe(0o755)
  })

  it('mknod() leaves an equal node alone, its owner included', () => {
    const rootfs = place.fresh()
    expect(run(rootfs, [node('/dev/null', { uid: 7 }), node('/dev/null', { uid: 8, mode: 0o600 })])).toBeUndefined()
    expect(lstatSync(join(rootfs, 'dev/null'))).toMatchObject({ uid: 7, mode: 0o20666 })
  })

  it('mknod() refuses whatever else is there, links above all', () => {
    const kinds: readonly (readonly [string, (path: string) => void])[] = [
      ['file', (path) => writeFileSync(path, '')],
      ['directory', (path) => mkdirSync(path)],
      ['link', (path) => symlinkSync(join(canary, 'null'), path)],
      ['dangling', (path) => symlinkSync('/nowhere', path)],
      ['real', (path) => symlinkSync('/dev/null', path)],
    ]
    const rootfs = place.fresh()
    for (const [name, make] of kinds) {
      make(join(rootfs, 'dev', name))
      expect(run(rootfs, [node(`/dev/${name}`)]), name).toMatchObject({ op: 'mknod', syscall: 'mknod', errno: 'EEXIST' })
    }
    expect(run(rootfs, [node('/dev/a'), node('/dev/a', { minor: 5 })])).toMatchObject({ errno: 'EEXIST', path: '/dev/a' })
  })

  it('with /dev linked to the host everything stays inside', () => {
    for (const target of [canary, `../../../../../../..${canary}`, '/proc/1/root/dev']) {
      const rootfs = place.fresh()
      rmdirSync(join(rootfs, 'dev'))
      symlinkSync(target, join(rootfs, 'dev'))
      const before = hostPicture(canary)
      const nodes = ['null', 'zero', 'core', 'console', 'new'].map((name) => node(`/dev/${name}`))
      const links = ['fd', 'ptmx', 'stdin'].map((name) => symlink(`/dev/${name}`, '/proc/self/fd', true))
      const failure = run(rootfs, [...nodes, ...links])
      if (failure !== undefined) expect(failure.errno).toMatch(/^(ELOOP|EEXIST|ENOENT)$/)
      expect(hostPicture(canary)).toEqual(before)
    }
  })

  it('odd kinds and names are EINVAL', () => {
    for (const path of ['/', '/dev/..', '/dev/.', ''])
      expect(run(place.rootfs, [node(path)]), path).toMatchObject({ op: 'mknod', errno: 'EINVAL' })
    expect(run(place.rootfs, [node('/dev/q', { kind: 'x'.charCodeAt(0) })])).toMatchObject({ errno: 'EINVAL' })
    expect(run(place.rootfs, [node(`/dev/${'n'.repeat(256)}`)])).toMatchObject({ errno: 'ENAMETOOLONG' })
  })

  it('symlink() makes links, and leaves what is there unless it is to replace it', () => {
    const rootfs = place.fresh()
    writeFileSync(join(rootfs, 'dev/core'), 'image')
    symlinkSync('old', join(rootfs, 'dev/ptmx'))
    symlinkSync(join(canary, 'x'), join(rootfs, 'dev/stdin'))
    const before = hostPicture(canary)
    const links = [symlink('/dev/fd', '/proc/self/fd'), symlink('/dev/core', '/proc/kcore'), symlink('/dev/ptmx', 'pts/ptmx', true)]
    expect(run(rootfs, [...links, symlink('/dev/stdin', '/proc/self/fd/0', true), symlink('/dev/fd', 'other')])).toBeUndefined()
    expect(lstatSync(join(rootfs, 'dev/core')).isFile()).toBe(true)
    expect(['fd', 'ptmx', 'stdin'].map((name) => readlinkSync(join(rootfs, 'dev', name)))).toEqual([
      '/proc/self/fd',
      'pts/ptmx',
      '/proc/self/fd/0',
    ])
    expect(hostPicture(canary)).toEqual(before)
  })

  it('symlink() never replaces a directory', () => {
    const rootfs = place.fresh()
    mkdirSync(join(rootfs, 'dev/shm/keep'), { recursive: true })
    expect(run(rootfs, [symlink('/dev/shm', '/run/shm', true)])).toMatchObject({ op: 'symlink', syscall: 'unlink', errno: 'EISDIR' })
  })

  it('mkdir_in_root() makes a directory with its mode and parents with 0755', () => {
    const rootfs = place.fresh()
    const made: Step = { op: 'mkdir_in_root', root: ROOT, path: '/a/b/c/', mode: 0o1777 }
    expect(run(rootfs, [{ op: 'umask', mask: 0o77 }, made, { ...made, mode: 0o700 }])).toBeUndefined()
    expect(['a', 'a/b', 'a/b/c'].map((name) => lstatSync(join(rootfs, name)).mode & 0o7777)).toEqual([0o755, 0o755, 0o1777])
    expect(run(rootfs, [{ ...made, path: '/etc/passwd' }])).toMatchObject({ op: 'mkdir_in_root', errno: 'ENOTDIR' })
  })
})
