/** Masked and read-only paths. */

import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { describeIf, needsRoot } from '../../../../tests/harness/requirements.ts'
import { NO_SLOT, type Step } from '../../src/index.ts'
import { attach, inRoot, newMount, openTree, type Outcome, processPlan, proc, ROOT, runPlan, shell, testDir } from './run-plan.ts'

const [NULL_DEVICE, EMPTY_DIR] = [10, 11]

describeIf('masked and read-only paths', [needsRoot], () => {
  const place = testDir()
  const covers = (nullPath = '/dev/null'): Step[] => [
    openTree(NULL_DEVICE, nullPath),
    newMount(EMPTY_DIR, 'tmpfs', ['ro', 'nr_blocks=1', 'nr_inodes=1']),
  ]
  const mask = (path: string): Step => ({ op: 'mask', root: ROOT, path, nullDevice: NULL_DEVICE, emptyDir: EMPTY_DIR })
  const readonlyPath = (path: string): Step => ({ op: 'readonly_path', root: ROOT, path })

  function run(rootfs: string, steps: readonly Step[], command: string): Outcome {
    const outcome = runPlan(processPlan(inRoot(rootfs, [...proc(), ...steps], shell(command))))
    expect(outcome.failure).toBeUndefined()
    return outcome
  }

  /** A root with secrets: two files, a directory, links to both kinds. */
  function secrets(): string {
    const rootfs = place.fresh()
    mkdirSync(join(rootfs, 's/dir'), { recursive: true })
    for (const name of ['a', 'b', 'dir/inner']) writeFileSync(join(rootfs, 's', name), 'secret\n')
    symlinkSync('a', join(rootfs, 's/link'))
    symlinkSync('/s/dir', join(rootfs, 's/dirlink'))
    symlinkSync('/not/there', join(rootfs, 's/dangling'))
    return rootfs
  }

  it('files read empty, directories list empty, and nothing can be put there', () => {
    const steps = [...covers(), mask('/s/a'), mask('/s/b'), mask('/s/dir'), mask('/usr')]
    const tries =
      'cat /s/a /s/b; ls -A /s/dir /usr; touch /s/dir/x; mkdir /usr/x; chown 7 /s/a; chmod 777 /s/b; touch -d 2000-01-01 /s/a; true'
    const outcome = run(secrets(), steps, tries)
    expect(outcome.stdout).toBe('/s/dir:\n\n/usr:\n')
    expect(outcome.stderr.split('\n').filter((line) => line.includes('Read-only file system'))).toHaveLength(5)
  })

  it('the null device of the host keeps owner, mode and times', () => {
    const before = statSync('/dev/null', { bigint: true })
    run(secrets(), [...covers(), mask('/s/a')], 'chown 7 /s/a; chmod 0 /s/a; touch -d 2000-01-01 /s/a; echo x > /s/a')
    const after = statSync('/dev/null', { bigint: true })
    expect([after.uid, after.mode, after.ctimeNs]).toEqual([before.uid, before.mode, before.ctimeNs])
  })

  it('masks cannot be removed, renamed or written through', () => {
    const outcome = run(
      secrets(),
      [...covers(), mask('/s/a'), mask('/s/dir')],
      'rm -f /s/a; rm -rf /s/dir; mv /s/a /s/c; echo x > /s/a; cat /s/a; [ ! -e /s/c ]',
    )
    expect(outcome).toMatchObject({ status: 0, stdout: '' })
    expect(outcome.stderr.match(/busy/g)).toHaveLength(3)
  })

  it('a link is followed inside the root; what is not there is left alone', () => {
    const steps = [...covers(), ...['/s/link', '/s/dirlink', '/s/dangling', '/s/none', '/s/a/below', '/nowhere/at/all'].map(mask)]
    const outcome = run(secrets(), steps, 'cat /s/a /s/link; ls -A /s/dir; cat /s/b; [ ! -e /s/none ] && [ ! -e /not ]')
    expect(outcome).toMatchObject({ status: 0, stdout: 'secret\n' })
  })

  it('the same path twice is one mount, and all masks share one superblock', () => {
    const rootfs = secrets()
    const paths = ['/s/a', '/s/link', '/s/dir', '/s/dirlink', '/s/dir/', '/var', '/s/b']
    const outcome = run(rootfs, [...covers(), ...paths.map(mask)], 'cat /proc/self/mountinfo')
    const lines = outcome.stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' '))
    expect(lines.slice(2).map((fields) => fields[4])).toEqual(['/s/a', '/s/dir', '/var', '/s/b'])
    expect(new Set(lines.filter((fields) => ['/s/dir', '/var'].includes(fields[4] ?? '')).map((fields) => fields[2])).size).toBe(1)
  })

  it('anything but the null device is refused as a mask of a file', () => {
    for (const path of ['/dev/zero', '/etc/hostname']) {
      const steps = inRoot(secrets(), [...proc(), ...covers(path), mask('/s/a')], shell('true'))
      expect(runPlan(processPlan(steps)).failure, path).toMatchObject({ op: 'mask', errno: 'EINVAL', path: '/s/a' })
    }
  })

  it('a magic link is refused rather than left open', () => {
    const rootfs = secrets()
    symlinkSync('/proc/1/root/etc', join(rootfs, 's/magic'))
    const outcome = runPlan(processPlan(inRoot(rootfs, [...proc(), ...covers(), mask('/s/magic')], shell('true'))))
    expect(outcome.failure).toMatchObject({ op: 'mask', errno: 'ELOOP', path: '/s/magic' })
  })

  it('readonly_path() covers what is mounted below, too', () => {
    const steps = [newMount(1, 'tmpfs'), attach(1, '/s/dir'), readonlyPath('/s'), readonlyPath('/proc/sys'), readonlyPath('/none')]
    const tries = 'echo x > /s/a; echo x > /s/dir/y; echo x > /proc/sys/kernel/hostname; cat /s/a; echo ok > /var/fine && cat /var/fine'
    const outcome = run(secrets(), steps, tries)
    expect(outcome.stdout).toBe('secret\nok\n')
    expect(outcome.stderr.match(/Read-only file system/g)).toHaveLength(3)
  })

  it('readonly_path() keeps the other attributes of the mount', () => {
    const steps = [newMount(1, 'tmpfs', [], 2 | 4 | 8), attach(1, '/mnt'), readonlyPath('/mnt')]
    const lines = run(place.rootfs, steps, 'cat /proc/self/mountinfo')
      .stdout.split('\n')
      .filter((line) => line.includes(' /mnt '))
    expect(lines.map((line) => line.split(' ')[5])).toEqual(['rw,nosuid,nodev,noexec,relatime', 'ro,nosuid,nodev,noexec,relatime'])
  })

  it('nothing of it reaches the host when the root is shared with it', () => {
    const rootfs = secrets()
    const shared: Step = { op: 'mount_attr', slot: ROOT, set: 0, clear: 0, propagation: 1 << 18, recursive: true, userns: NO_SLOT }
    run(rootfs, [shared, ...covers(), mask('/s/a'), readonlyPath('/s/dir')], 'true')
    expect(statSync(join(rootfs, 's/a')).isFile()).toBe(true)
  })
})
