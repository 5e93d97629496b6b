/** Making mounts, their attributes, and the switch of the root. */

import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { describeIf, needsRoot } from '../../../../tests/harness/requirements.ts'
import { NO_SLOT, type Step } from '../../src/index.ts'
import { attach, inRoot, newMount, openTree, processPlan, proc, program, ROOT, runPlan, shell, testDir } from './run-plan.ts'

const [RDONLY, NOSUID, NODEV, NOEXEC, NOATIME, ATIME] = [1, 2, 4, 8, 0x10, 0x70]
const MS_SHARED = 1 << 20

interface MountFact {
  readonly target: string
  readonly options: string
  readonly type: string
  readonly superOptions: string
  readonly root: string
  readonly propagation: readonly string[]
}

describeIf('mounts', [needsRoot], () => {
  const place = testDir()

  /** What the container sees of its mounts after `setup`. */
  function mountsAfter(setup: readonly Step[], rootfs: string = place.rootfs): MountFact[] {
    const outcome = runPlan(processPlan(inRoot(rootfs, [...proc(), ...setup], program('/probe', 'mounts'))))
    expect(outcome.failure).toBeUndefined()
    return JSON.parse(outcome.stdout) as MountFact[]
  }
  const at = (mounts: readonly MountFact[], target: string): MountFact | undefined => mounts.findLast((one) => one.target === target)

  it('pivot_root() leaves nothing of the old root', () => {
    expect(mountsAfter([]).map((one) => one.target)).toEqual(['/', '/proc'])
  })

  it('the mounts of the host are the same afterwards', () => {
    const before = readFileSync('/proc/self/mountinfo', 'utf8')
    mountsAfter([newMount(1, 'tmpfs'), attach(1, '/mnt')])
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).toBe(before)
  })

  it('change_root() also ends in the root, and `..` does not lead out of it', () => {
    const steps = inRoot(place.rootfs, [], []).map((step): Step => (step.op === 'pivot_root' ? { op: 'change_root', root: ROOT } : step))
    const outcome = runPlan(processPlan([...steps, ...shell('cd ../../.. && [ -x ./probe ] && [ -x /../../probe ] && pwd')]))
    expect(outcome).toMatchObject({ status: 0, stdout: '/\n' })
  })

  it('attach_root() at a path of the host: hooks find it there, and the switch works from there', () => {
    const steps = inRoot(place.rootfs, [], []).map((step): Step => (step.op === 'attach_root' ? { ...step, path: place.rootfs } : step))
    expect(runPlan(processPlan([...steps, ...shell('[ -x /probe ]')])).status).toBe(0)
    const changed = steps.map((step): Step => (step.op === 'pivot_root' ? { op: 'change_root', root: ROOT } : step))
    expect(runPlan(processPlan([...changed, ...shell('[ -x /probe ] && cd / && [ -x ../probe ]')])).status).toBe(0)
  })

  it('new_mount() passes options and attributes on', () => {
    const mount = at(
      mountsAfter([newMount(1, 'tmpfs', ['size=64k', 'mode=711', 'nr_inodes=20'], RDONLY | NOSUID | NOEXEC), attach(1, '/mnt')]),
      '/mnt',
    )
    expect(mount).toMatchObject({ type: 'tmpfs', options: 'ro,nosuid,noexec,relatime' })
    expect(mount?.superOptions).toMatch(/^rw,.*size=64k,nr_inodes=20,mode=711/)
  })

  it('new_mount() makes the superblock read-only for the option `ro`', () => {
    expect(at(mountsAfter([newMount(1, 'tmpfs', ['ro']), attach(1, '/mnt')]), '/mnt')?.superOptions).toMatch(/^ro/)
  })

  it('an unknown option is refused in the words of the file system', () => {
    const outcome = runPlan(processPlan(inRoot(place.rootfs, [newMount(1, 'tmpfs', ['size=1m', 'frobnicate=3'])], shell('true'))))
    expect(outcome.failure).toMatchObject({ op: 'new_mount', syscall: 'fsconfig', errno: 'EINVAL', path: 'frobnicate=3' })
    expect(outcome.failure?.detail).toMatch(/^tmpfs: Unknown parameter 'frobnicate'$/)
  })

  it('an unknown file system is ENODEV', () => {
    const outcome = runPlan(processPlan(inRoot(place.rootfs, [newMount(1, 'nosuchfs')], shell('true'))))
    expect(outcome.failure).toMatchObject({ op: 'new_mount', syscall: 'fsopen', errno: 'ENODEV', path: 'nosuchfs' })
  })

  it('options that fsconfig(2) refuses for their length are mounted all the same', () => {
    const layers = Array.from({ length: 40 }, (_, n) => join(place.dir, `layer-${n}`))
    for (const layer of layers) mkdirSync(layer)
    writeFileSync(join(layers[39] ?? '', 'deep'), 'here\n')
    const option = `lowerdir=${layers.join(':')}`
    expect(option.length).toBeGreaterThan(1000)
    const setup = [...proc(), newMount(1, 'overlay', [option, 'ro'], RDONLY | NODEV | NOATIME), attach(1, '/mnt')]
    const outcome = runPlan(processPlan(inRoot(place.rootfs, setup, program('/probe', 'mounts', '--', 'read', '/mnt/deep'))))
    const [mounts = '', read = ''] = outcome.stdout.split('\n')
    expect(at(JSON.parse(mounts) as MountFact[], '/mnt')).toMatchObject({ type: 'overlay', options: 'ro,nodev,noatime' })
    expect(read).toContain('here')
  })

  it('more options than mount(2) takes are E2BIG', () => {
    const setup = [newMount(1, 'overlay', [`lowerdir=/${'x'.repeat(5000)}`])]
    const outcome = runPlan(processPlan(inRoot(place.rootfs, setup, shell('true'))))
    expect(outcome.failure).toMatchObject({ op: 'new_mount', syscall: 'mount', errno: 'E2BIG' })
  })

  it('open_tree() takes what is mounted below along, or not', () => {
    const source = mkdirSync(join(place.dir, 'bind/sub'), { recursive: true })
    expect(source).toBeDefined()
    const inner = [newMount(1, 'tmpfs'), attach(1, '/mnt/sub', { keep: true })]
    const outer = [newMount(2, 'tmpfs'), attach(2, '/mnt')]
    for (const recursive of [true, false]) {
      const mounts = mountsAfter([...outer, ...inner, openTree(3, '/mnt', { root: ROOT, recursive }), attach(3, '/var')])
      expect(at(mounts, '/var')?.type).toBe('tmpfs')
      expect(at(mounts, '/var/sub') !== undefined).toBe(recursive)
    }
  })

  it('open_tree() with noSymlinks refuses a link in a path of the host', () => {
    symlinkSync('/etc', join(place.dir, 'link-to-etc'))
    const path = join(place.dir, 'link-to-etc/passwd')
    const setup = [openTree(1, path, { noSymlinks: true })]
    expect(runPlan(processPlan(inRoot(place.rootfs, setup, shell('true')))).failure).toMatchObject({
      op: 'open_tree',
      errno: 'ELOOP',
      path,
    })
  })

  it('mount_attr() sets and clears attributes, recursively if asked', () => {
    const tree = [newMount(1, 'tmpfs', [], NOSUID | NODEV), attach(1, '/mnt'), newMount(2, 'tmpfs'), attach(2, '/mnt/sub')]
    for (const recursive of [true, false]) {
      const change: Step = {
        op: 'mount_attr',
        slot: 3,
        set: RDONLY | NOATIME,
        clear: NODEV | ATIME,
        propagation: 0,
        recursive,
        userns: NO_SLOT,
      }
      const mounts = mountsAfter([...tree, openTree(3, '/mnt', { root: ROOT, recursive: true }), change, attach(3, '/var')])
      expect(at(mounts, '/var')?.options).toBe('ro,nosuid,noatime')
      expect(at(mounts, '/var/sub')?.options).toBe(recursive ? 'ro,noatime' : 'rw,relatime')
      expect(at(mounts, '/mnt')?.options).toBe('rw,nosuid,nodev,relatime')
    }
  })

  it('mount_attr() and set_propagation() choose the propagation', () => {
    const change: Step = { op: 'mount_attr', slot: 1, set: 0, clear: 0, propagation: MS_SHARED, recursive: false, userns: NO_SLOT }
    const steps = [...proc(), newMount(1, 'tmpfs'), change, attach(1, '/mnt')]
    const after: Step[] = [{ op: 'set_propagation', root: ROOT, propagation: MS_SHARED, recursive: false }]
    const outcome = runPlan(processPlan(inRoot(place.rootfs, steps, [...after, ...program('/probe', 'mounts')])))
    const mounts = JSON.parse(outcome.stdout) as MountFact[]
    expect(at(mounts, '/mnt')?.propagation.join()).toMatch(/^shared:/)
    expect(at(mounts, '/')?.propagation.join()).toMatch(/^shared:/)
    expect(at(mounts, '/proc')?.propagation).toEqual([])
  })

  it('a mount that does not fit the target is refused', () => {
    const outcome = runPlan(
      processPlan(inRoot(place.rootfs, [newMount(1, 'tmpfs'), attach(1, '/etc/passwd', { create: 2 })], shell('true'))),
    )
    expect(outcome.failure).toMatchObject({ op: 'attach', syscall: 'move_mount', errno: 'ENOTDIR', path: '/etc/passwd' })
  })

  it('made targets have mode 0755 and 0644 whatever the umask', () => {
    const rootfs = place.fresh()
    const setup: Step[] = [
      { op: 'umask', mask: 0o77 },
      newMount(1, 'tmpfs'),
      attach(1, '/new/dir'),
      openTree(2, '/dev/null'),
      attach(2, '/new/file', { create: 3 }),
    ]
    expect(runPlan(processPlan(inRoot(rootfs, setup, shell('true')))).status).toBe(0)
    const outcome = runPlan(processPlan(inRoot(rootfs, [], program('/probe', 'stat', '/new', '/new/dir', '/new/file'))))
    expect((JSON.parse(outcome.stdout) as { mode: number }[]).map((one) => one.mode)).toEqual([0o755, 0o755, 0o644])
  })
})
