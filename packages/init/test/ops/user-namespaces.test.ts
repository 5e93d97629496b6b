/** The same steps by a process that is root only in a user namespace of its own, and mounts with mapped ids. */

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { release } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { giveTree } from '../../../../tests/harness/bundle.ts'
import { describeIf, needsRoot } from '../../../../tests/harness/requirements.ts'
import type { Step } from '../../src/index.ts'
import {
  attach,
  CLONE_NEWIPC,
  CLONE_NEWNET,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWUTS,
  inRoot,
  newMount,
  openTree,
  type Outcome,
  processPlan,
  proc,
  program,
  ROOT,
  runPlan,
  shell,
  testDir,
} from './run-plan.ts'

const CLONE_NEWUSER = 0x10000000
const ALL = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS
const FIRST = 200_000

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const map = bytes(`0 ${FIRST} 65536\n`)

describeIf('user namespaces', [needsRoot], () => {
  const place = testDir()
  beforeAll(() => chmodSync(place.dir, 0o711))

  function run(rootfs: string, setup: readonly Step[], then: readonly Step[]): Outcome {
    const root: Step = { op: 'user', uid: 0, gid: 0, groups: [], setGroups: true }
    const maps: Step[] = [
      { op: 'write_child', file: 'uid_map', data: map },
      { op: 'write_child', file: 'gid_map', data: map },
      { op: 'signal', n: 1 },
    ]
    return runPlan(processPlan([{ op: 'wait', n: 1 }, root, ...inRoot(rootfs, setup, then)], { flags: ALL, after: maps }))
  }
  function owned(): string {
    const rootfs = place.fresh()
    giveTree(rootfs, FIRST, FIRST)
    return rootfs
  }

  it('a whole root is built: proc, dev with bound nodes, devpts, mqueue, sysfs, masks, read-only paths', () => {
    const nodes = ['null', 'zero', 'tty'].flatMap((name, n) => [
      openTree(20 + n, `/dev/${name}`),
      attach(20 + n, `/dev/${name}`, { create: 2 }),
    ])
    const mask = (path: string): Step => ({ op: 'mask', root: ROOT, path, nullDevice: 10, emptyDir: 11 })
    const setup: Step[] = [
      ...proc(),
      newMount(1, 'tmpfs', ['mode=755'], 2),
      attach(1, '/dev'),
      ...nodes,
      newMount(2, 'devpts', ['newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'], 2 | 8),
      attach(2, '/dev/pts'),
      newMount(3, 'mqueue', [], 2 | 4 | 8),
      attach(3, '/dev/mqueue'),
      newMount(4, 'sysfs', [], 1 | 2 | 4 | 8),
      attach(4, '/sys'),
      { op: 'open_pty', master: 30, peer: 31, root: ROOT, ptmx: '/dev/pts/ptmx', rows: 0, cols: 0 },
      { op: 'bind_console', peer: 31, root: ROOT, path: '/dev/console' },
      openTree(10, '/dev/null'),
      newMount(11, 'tmpfs', ['ro']),
      ...['/proc/keys', '/proc/timer_list', '/proc/acpi', '/sys/firmware', '/etc/passwd', '/var'].map(mask),
      { op: 'readonly_path', root: ROOT, path: '/proc/sys' },
      { op: 'symlink', root: ROOT, path: '/dev/fd', target: '/proc/self/fd', replace: false },
    ]
    const then: Step[] = [
      { op: 'hostname', name: 'box' },
      { op: 'link_up', name: 'lo' },
      ...shell('id -u; echo x > /dev/null; cat /etc/passwd /proc/keys; ls /var'),
    ]
    const outcome = run(owned(), setup, then)
    expect(outcome.failure).toBeUndefined()
    expect(outcome).toMatchObject({ status: 0, stdout: '0\n' })
  })

  it('a mount(2) with long options', () => {
    const layers = Array.from({ length: 12 }, (_, n) => join(place.dir, `lower-${'x'.repeat(20)}-${n}`))
    for (const layer of layers) mkdirSync(layer, { mode: 0o755 })
    writeFileSync(join(layers[11] ?? '', 'deep'), 'here\n')
    const setup = [newMount(1, 'overlay', [`lowerdir=${layers.join(':')}`, 'userxattr'], 1), attach(1, '/mnt')]
    expect(run(owned(), setup, shell('cat /mnt/deep'))).toMatchObject({ status: 0, stdout: 'here\n' })
  })

  it('device nodes are refused by the kernel, and the failure says so', () => {
    const node: Step = { op: 'mknod', root: ROOT, path: '/dev/null', kind: 99, major: 1, minor: 3, mode: 0o666, uid: 0, gid: 0 }
    expect(run(owned(), [node], shell('true')).failure).toMatchObject({ op: 'mknod', syscall: 'mknod', errno: 'EPERM', path: '/dev/null' })
  })

  const [major = 0, minor = 0] = release().split('.').map(Number)
  it.skipIf(major < 6 || (major === 6 && minor < 3))('mount_attr() maps the ids of a mount (needs Linux 6.3 for tmpfs)', () => {
    const before: Step[] = [{ op: 'make_userns', slot: 5, uidMap: map, gidMap: map }]
    const steps: Step[] = [
      newMount(1, 'tmpfs', ['uid=7', 'gid=8']),
      { op: 'mount_attr', slot: 1, set: 0, clear: 0, propagation: 0, recursive: false, userns: 5 },
      attach(1, '/mnt'),
    ]
    const outcome = runPlan(processPlan(inRoot(place.rootfs, steps, program('/probe', 'stat', '/mnt')), { before }))
    expect(outcome.failure).toBeUndefined()
    expect(JSON.parse(outcome.stdout)).toMatchObject([{ uid: FIRST + 7, gid: FIRST + 8 }])
  })
})
