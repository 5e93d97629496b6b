/** Terminals that an image would like to provide itself, and the owners of standard streams. */

import { execFileSync } from 'node:child_process'
import { chownSync, mkdirSync, openSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { describeIf, needsRoot } from '../../../../tests/harness/requirements.ts'
import { patience } from '../../../../tests/harness/wait.ts'
import type { Step } from '../../src/index.ts'
import { attach, inRoot, newMount, type PlanOptions, processPlan, proc, program, ROOT, runPlan, shell, testDir } from './run-plan.ts'

const [MASTER, PEER, DEVPTS, OUTPUT] = [20, 21, 22, 23]
const pty = (ptmx = '/dev/pts/ptmx', root = ROOT): Step => ({ op: 'open_pty', master: MASTER, peer: PEER, root, ptmx, rows: 33, cols: 111 })
const devpts: Step[] = [newMount(DEVPTS, 'devpts', ['newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5']), attach(DEVPTS, '/dev/pts')]
const bind: Step = { op: 'bind_console', peer: PEER, root: ROOT, path: '/dev/console' }

/** The master stays with the parent, which passes on what the program writes. */
const RELAY: PlanOptions = {
  before: [{ op: 'adopt', slot: OUTPUT, fd: 1 }],
  after: [{ op: 'wait', n: 1 }],
  supervise: { master: MASTER, output: OUTPUT },
}
const give: Step[] = [
  { op: 'give', slot: MASTER },
  { op: 'signal', n: 1 },
]

describeIf('terminals', [needsRoot], () => {
  const place = testDir()

  it("open_pty() takes a pair from the container's own devpts, of the size asked for", () => {
    const then: Step[] = [{ op: 'setsid' }, { op: 'controlling_tty', peer: PEER }, { op: 'stdio', fd: 0, slot: PEER }]
    const outcome = runPlan(
      processPlan(inRoot(place.rootfs, [...proc(), ...devpts, pty(), bind, ...give], [...then, ...program('/probe', 'tty')]), RELAY),
    )
    expect(outcome.failure).toBeUndefined()
    expect(JSON.stringify(JSON.parse(outcome.stdout))).toMatch(/33.*111|111.*33/)
  })

  it('the pair also comes from the devpts of a joined mount namespace', () => {
    const outcome = runPlan(
      processPlan(
        inRoot(place.rootfs, devpts, [pty('/dev/pts/ptmx', -1), ...give, { op: 'stdio', fd: 0, slot: PEER }, ...shell('tty')]),
        RELAY,
      ),
    )
    expect(outcome).toMatchObject({ status: 0, stdout: '/dev/pts/0\n' })
  })

  it('bind_console() puts the terminal on /dev/console', () => {
    const rootfs = place.fresh()
    const outcome = runPlan(
      processPlan(
        inRoot(
          rootfs,
          [...devpts, pty(), bind, ...give],
          [{ op: 'stdio', fd: 0, slot: PEER }, ...shell('[ -c /dev/console ] && echo hello > /dev/console && stat -c %t:%T /dev/console')],
        ),
        RELAY,
      ),
    )
    expect(outcome.status).toBe(0)
    // One line comes by the terminal, the other directly, in whatever order.
    expect(outcome.stdout.split(/\r?\n/).sort()).toEqual(['', '88:0', 'hello'])
    expect(statSync(join(rootfs, 'dev/console')).isFile()).toBe(true)
  })

  it('bind_console() refuses a link', () => {
    const rootfs = place.fresh()
    symlinkSync('/etc/passwd', join(rootfs, 'dev/console'))
    const outcome = runPlan(processPlan(inRoot(rootfs, [...devpts, pty(), bind], shell('true'))))
    expect(outcome.failure).toMatchObject({ op: 'bind_console', errno: 'ELOOP', path: '/dev/console' })
  })

  const impostors: readonly (readonly [string, (dir: string) => void])[] = [
    ['a FIFO', (dir) => void execFileSync('mkfifo', [join(dir, 'ptmx')])],
    ['a regular file', (dir) => writeFileSync(join(dir, 'ptmx'), '')],
    ['another device', (dir) => void execFileSync('mknod', [join(dir, 'ptmx'), 'c', '1', '5'])],
    ['the number of ptmx on another file system', (dir) => void execFileSync('mknod', [join(dir, 'ptmx'), 'c', '5', '2'])],
    ['a link to the host', (dir) => symlinkSync('/dev/ptmx', join(dir, 'ptmx'))],
    ['nothing', () => undefined],
  ]
  for (const [name, make] of impostors) {
    it(`open_pty() refuses ${name} in the place of ptmx, at once`, () => {
      const rootfs = place.fresh()
      mkdirSync(join(rootfs, 'dev/pts'))
      make(join(rootfs, 'dev/pts'))
      const start = Date.now()
      const outcome = runPlan(processPlan(inRoot(rootfs, [pty()], shell('true'))))
      expect(outcome.failure).toMatchObject({ op: 'open_pty', errno: 'EINVAL', path: '/dev/pts/ptmx' })
      expect(Date.now() - start).toBeLessThan(2000 * patience)
    })
  }

  it('open_pty() refuses something mounted over ptmx, and any other file of devpts', () => {
    const cover: Step[] = [
      { op: 'open_tree', slot: 5, root: -1, path: '/dev/zero', recursive: false, noSymlinks: false },
      attach(5, '/dev/pts/ptmx', { create: 0 }),
    ]
    const covered = runPlan(processPlan(inRoot(place.rootfs, [...devpts, ...cover, pty()], shell('true'))))
    expect(covered.failure).toMatchObject({ op: 'open_pty', syscall: 'openat2', errno: 'EXDEV' })
    const other = runPlan(processPlan(inRoot(place.rootfs, [...devpts, pty(), pty('/dev/pts/0')], shell('true'))))
    expect(other.failure?.op).toBe('open_pty')
    expect(other.failure?.errno).toMatch(/^(EINVAL|EIO|ENOENT)$/)
  })

  it('stdio_owner() gives files and pipes to the user, and never a device', () => {
    const file = join(place.dir, 'input')
    writeFileSync(file, '')
    chownSync(file, 0, 0)
    const before = statSync('/dev/null', { bigint: true })
    const owner: Step = { op: 'stdio_owner', uid: 1000, gid: 1001 }
    const fd = openSync(file, 'r')
    const outcome = runPlan(
      processPlan(inRoot(place.rootfs, proc(), [owner, ...shell('stat -L -c %u:%g /proc/self/fd/0 /proc/self/fd/1')])),
      { stdin: fd },
    )
    expect(outcome.stdout.startsWith('1000:1001\n')).toBe(true)
    runPlan(processPlan(inRoot(place.rootfs, [], [owner, ...shell('true')])))
    const after = statSync('/dev/null', { bigint: true })
    expect([after.uid, after.gid, after.mode, after.ctimeNs]).toEqual([before.uid, before.gid, before.mode, before.ctimeNs])
    rmSync(file)
  })

  it("stdio_owner() gives the container's own terminal to the user, with its group", () => {
    const then: Step[] = [
      { op: 'stdio', fd: 0, slot: PEER },
      { op: 'stdio_owner', uid: 1000, gid: 1001 },
    ]
    const outcome = runPlan(
      processPlan(inRoot(place.rootfs, [...devpts, pty(), ...give], [...then, ...shell('stat -c %u:%g /dev/pts/0')]), RELAY),
    )
    expect(outcome.stdout).toBe('1000:5\n')
  })

  it('stdio() of a slot without a descriptor is EBADF', () => {
    const outcome = runPlan(processPlan([{ op: 'stdio', fd: 0, slot: 77 }, ...shell('true')]))
    expect(outcome.failure).toMatchObject({ op: 'stdio', errno: 'EBADF' })
  })
})
