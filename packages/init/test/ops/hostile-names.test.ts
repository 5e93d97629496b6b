/** Targets in a root file system that an attacker has prepared. */

import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { describeIf, needsRoot } from '../../../../tests/harness/requirements.ts'
import { hostPicture, makeCanary } from './canary.ts'
import { attach, inRoot, newMount, openTree, processPlan, proc, ROOT, runPlan, shell, testDir } from './run-plan.ts'

/** Where `/t/a` or its parent leads, as the target of a link. `C` is the canary on the host. */
const SHAPES: readonly (readonly [name: string, where: 'last' | 'middle', target: string])[] = [
  ['an absolute path of the host', 'last', 'C'],
  ['an absolute path of the host, as parent', 'middle', 'C/sub'],
  ['forty levels up', 'last', `${'../'.repeat(40)}C`],
  ['forty levels up, as parent', 'middle', `${'../'.repeat(40)}C`],
  ['the root', 'middle', '/'],
  ['a link to a link', 'last', '/chain1'],
  ['a link to a link, as parent', 'middle', '/chain1'],
  ['nowhere, relative', 'last', 'nowhere/deep'],
  ['nowhere, absolute', 'last', '/nowhere/deep'],
  ['nowhere, as parent', 'middle', '../nowhere/../elsewhere'],
  ['nowhere, upwards', 'last', '../../../../../../nowhere'],
  ['an existing directory', 'last', '/var'],
]

describeIf('targets in a hostile root file system', [needsRoot], () => {
  const place = testDir()
  let canary = ''
  beforeAll(() => {
    canary = makeCanary(place.dir)
  })

  /** A root in which `/t/a/b` leads somewhere else, by a link at `/t/a` or at `/t/a/b`. */
  function spoiled(where: 'last' | 'middle', target: string): string {
    const rootfs = place.fresh()
    const text = target.replace('C', canary.slice(target.startsWith('.') ? 1 : 0))
    symlinkSync('chain2/deeper', join(rootfs, 'chain1'))
    symlinkSync(`../${canary}`, join(rootfs, 'chain2'))
    mkdirSync(join(rootfs, 't'))
    if (where === 'middle') {
      symlinkSync(text, join(rootfs, 't/a'))
    } else {
      mkdirSync(join(rootfs, 't/a'))
      symlinkSync(text, join(rootfs, 't/a/b'))
    }
    return rootfs
  }

  for (const [name, where, target] of SHAPES) {
    for (const kind of ['directory', 'file'] as const) {
      it(`attach() of a ${kind} through a link to ${name} stays inside`, () => {
        const before = hostPicture(canary)
        const source = kind === 'directory' ? newMount(1, 'tmpfs') : openTree(1, '/dev/null')
        const setup = [...proc(), source, attach(1, '/t/a/b', { create: 3 })]
        const rootfs = spoiled(where, target)
        const look = kind === 'directory' ? '[ -d /t/a/b ] && touch /t/a/b/here' : '[ -c /t/a/b ]'
        const outcome = runPlan(processPlan(inRoot(rootfs, setup, shell(`${look} && cat /proc/self/mountinfo`))))
        if (target === '/var' && kind === 'file') {
          expect(outcome.failure).toMatchObject({ op: 'attach', errno: 'ENOTDIR' })
        } else {
          expect(outcome.failure).toBeUndefined()
          expect(outcome.status).toBe(0)
          expect(outcome.stdout).toContain(kind === 'directory' ? ' - tmpfs ' : '/null ')
        }
        expect(hostPicture(canary)).toEqual(before)
      })
    }
  }

  it('a loop of links is refused', () => {
    const rootfs = place.fresh()
    symlinkSync('two', join(rootfs, 'one'))
    symlinkSync('one', join(rootfs, 'two'))
    const outcome = runPlan(processPlan(inRoot(rootfs, [newMount(1, 'tmpfs'), attach(1, '/one/x')], shell('true'))))
    expect(outcome.failure).toMatchObject({ op: 'attach', syscall: 'openat2', errno: 'ELOOP', path: '/one/x' })
  })

  it('links that grow with each look are refused', () => {
    const rootfs = place.fresh()
    symlinkSync('grow/grow/new', join(rootfs, 'grow'))
    const outcome = runPlan(processPlan(inRoot(rootfs, [newMount(1, 'tmpfs'), attach(1, '/grow')], shell('true'))))
    expect(outcome.failure).toMatchObject({ op: 'attach', errno: 'ELOOP' })
  })

  it('a magic link of procfs is refused', () => {
    const rootfs = place.fresh()
    symlinkSync('/proc/1/root', join(rootfs, 'out'))
    const outcome = runPlan(processPlan(inRoot(rootfs, [...proc(), newMount(1, 'tmpfs'), attach(1, '/out/tmp')], shell('true'))))
    expect(outcome.failure).toMatchObject({ op: 'attach', syscall: 'openat2', errno: 'ELOOP' })
  })

  for (const target of ['/var', '../var', '/nowhere', 'C']) {
    it(`noSymlinks refuses /proc as a link to ${target}`, () => {
      const rootfs = place.fresh()
      runPlan(processPlan(inRoot(rootfs, [], shell('rmdir /proc'))))
      const link = join(rootfs, 'proc')
      runPlan(processPlan(inRoot(rootfs, [], shell(`ln -s ${target.replace('C', canary)} /proc`))))
      const before = hostPicture(canary)
      const outcome = runPlan(processPlan(inRoot(rootfs, proc(), shell('true'))))
      expect(readFileSync(join(rootfs, 'etc/passwd'), 'utf8'), link).toContain('root')
      expect(outcome.failure).toMatchObject({ op: 'attach', errno: 'ELOOP', path: '/proc' })
      expect(hostPicture(canary)).toEqual(before)
    })
  }

  it('parts of procfs are not covered, all of it may be', () => {
    for (const path of ['/proc/self/attr', '/proc/uptime', '/proc/sys', '/proc/../proc/version']) {
      const source = path.endsWith('uptime') || path.endsWith('version') ? openTree(1, '/dev/null') : newMount(1, 'tmpfs')
      const outcome = runPlan(processPlan(inRoot(place.rootfs, [...proc(), source, attach(1, path, { create: 3 })], shell('true'))))
      expect(outcome.failure, path).toMatchObject({ op: 'attach', syscall: 'move_mount', errno: 'EPERM', path })
    }
    const over = [...proc(), openTree(1, '/dev/null'), attach(1, '/proc/uptime', { create: 0, overProc: true })]
    expect(runPlan(processPlan(inRoot(place.rootfs, over, shell('[ -c /proc/uptime ]')))).status).toBe(0)
    const all = [...proc(), newMount(1, 'tmpfs'), attach(1, '/proc')]
    expect(runPlan(processPlan(inRoot(place.rootfs, all, shell('[ -z "$(ls /proc)" ]')))).status).toBe(0)
  })

  it('the root itself cannot be covered, under whatever name', () => {
    const rootfs = place.fresh()
    symlinkSync('/', join(rootfs, 'top'))
    for (const path of ['/', '/top', '/bin/..', '/../..']) {
      const outcome = runPlan(processPlan(inRoot(rootfs, [newMount(1, 'tmpfs'), attach(1, path)], shell('true'))))
      expect(outcome.failure, path).toMatchObject({ op: 'attach', errno: 'EINVAL', path })
    }
  })

  it('a file in the way of a directory is ENOTDIR', () => {
    const setup = [newMount(1, 'tmpfs'), attach(1, '/etc/passwd/x')]
    expect(runPlan(processPlan(inRoot(place.rootfs, setup, shell('true')))).failure).toMatchObject({ op: 'attach', errno: 'ENOTDIR' })
  })

  it('without create a missing target is ENOENT', () => {
    const setup = [newMount(1, 'tmpfs'), attach(1, '/not/there', { create: 0 })]
    expect(runPlan(processPlan(inRoot(place.rootfs, setup, shell('true')))).failure).toMatchObject({ op: 'attach', errno: 'ENOENT' })
  })

  it('a source inside the root is resolved inside the root', () => {
    const rootfs = place.fresh()
    symlinkSync(canary, join(rootfs, 'secret'))
    const setup = (noSymlinks: boolean) => [openTree(1, '/secret', { root: ROOT, noSymlinks }), attach(1, '/mnt')]
    expect(runPlan(processPlan(inRoot(rootfs, setup(false), shell('true')))).failure).toMatchObject({ op: 'open_tree', errno: 'ENOENT' })
    expect(runPlan(processPlan(inRoot(rootfs, setup(true), shell('true')))).failure).toMatchObject({ op: 'open_tree', errno: 'ELOOP' })
  })
})
