/** Cgroups: making, freezing, signalling, emptying and removing them. On v1 and hybrid hosts the freezer's hierarchy is used. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { cgroupLayout } from '../../../../tests/harness/cgroups.ts'
import { describeIf, needsRoot } from '../../../../tests/harness/requirements.ts'
import { eventually } from '../../../../tests/harness/wait.ts'
import type { Step, StepOf } from '../../src/index.ts'
import { CLONE_NEWPID, type Failure, processPlan, type RunOptions, runPlan, shell } from './run-plan.ts'

const V2 = cgroupLayout === 'v2'
const MOUNT = V2 ? '/sys/fs/cgroup' : '/sys/fs/cgroup/freezer'
const UNIFIED = V2 ? '/sys/fs/cgroup' : '/sys/fs/cgroup/unified'

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

describeIf('cgroups', [needsRoot, existsSync(MOUNT) ? undefined : `needs ${MOUNT}`], () => {
  let base = ''
  let sleepers: ChildProcess[] = []
  let count = 0
  beforeEach(() => {
    base = join(MOUNT, `teu-ops-${process.pid}-${(count += 1)}`)
    mkdirSync(base)
    if (!V2) return
    const controllers = readFileSync(join(MOUNT, 'cgroup.controllers'), 'utf8')
    if (controllers.includes('pids')) writeFileSync(join(MOUNT, 'cgroup.subtree_control'), '+pids')
  })
  afterEach(async () => {
    for (const sleeper of sleepers) sleeper.kill('SIGKILL')
    for (const file of [V2 ? 'cgroup.freeze' : 'freezer.state']) thawAll(base, file)
    await Promise.all(sleepers.map(ended))
    sleepers = []
    run([{ op: 'remove_cgroup', path: base }])
    expect(existsSync(base)).toBe(false)
  })

  function thawAll(dir: string, file: string): void {
    if (!existsSync(dir)) return
    for (const entry of readdirSync(dir, { withFileTypes: true })) if (entry.isDirectory()) thawAll(join(dir, entry.name), file)
    writeFileSync(join(dir, file), V2 ? '0' : 'THAWED')
  }
  const run = (parent: readonly Step[], options: RunOptions = {}): Failure | undefined => runPlan({ parent }, options).failure
  const make = (path: string, changes: Partial<StepOf<'make_cgroup'>> = {}): Step => ({
    op: 'make_cgroup',
    root: MOUNT,
    path,
    controllers: [],
    copyCpuset: false,
    unified: V2,
    ...changes,
  })
  const freeze = (frozen: boolean, path = base): Step => ({ op: 'freeze', path, v2: V2, frozen, timeoutMs: 3000 })
  const signal = (number: number, path = base): Step => ({ op: 'signal_cgroup', path, freezer: V2 ? '' : path, signal: number })

  async function sleeperIn(dir: string, command = 'sleep 1000'): Promise<ChildProcess> {
    const child = spawn('/bin/sh', ['-c', `echo $$ > ${dir}/cgroup.procs && echo in && exec ${command}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    sleepers.push(child)
    await once(child.stdout as NodeJS.ReadableStream, 'data')
    return child
  }
  const state = (pid: number | undefined): string => readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '')[0] ?? ''
  const frozen = (dir: string): boolean =>
    V2
      ? readFileSync(join(dir, 'cgroup.events'), 'utf8').includes('frozen 1')
      : readFileSync(join(dir, 'freezer.state'), 'utf8') === 'FROZEN\n'

  it('make_cgroup() makes all of the way', () => {
    expect(run([make(`${base}/a/b/c`)])).toBeUndefined()
    expect(existsSync(`${base}/a/b/c/cgroup.procs`)).toBe(true)
    expect(run([make(`${base}/a/b/c`)])).toBeUndefined()
  })

  it('a later failure takes back what make_cgroup() made, and nothing else', () => {
    mkdirSync(`${base}/there`)
    expect(
      run([make(`${base}/there/a/b`), make(`${base}/there`), { op: 'open', slot: 1, path: '/nowhere', flags: 0, mode: 0 }]),
    ).toMatchObject({ op: 'open' })
    expect(existsSync(`${base}/there`)).toBe(true)
    expect(existsSync(`${base}/there/a`)).toBe(false)
  })

  it('the container process is put into the cgroup, killed with it and the cgroup removed, when a step fails', () => {
    const join: Step = { op: 'write_child_pid', path: `${base}/box/cgroup.procs` }
    const open: Step = { op: 'open', slot: 1, path: '/nowhere', flags: 0, mode: 0 }
    const plan = processPlan([{ op: 'wait', n: 7 }, ...shell('sleep 100')], {
      flags: CLONE_NEWPID,
      before: [make(`${base}/box`)],
      after: [join, open],
    })
    expect(runPlan(plan).failure).toMatchObject({ op: 'open', errno: 'ENOENT' })
    expect(existsSync(`${base}/box`)).toBe(false)
  })

  it('write_child_pid() moves the container process', () => {
    const join: Step = { op: 'write_child_pid', path: `${base}/box/cgroup.procs` }
    const plan = processPlan([{ op: 'wait', n: 7 }, ...shell('cat /proc/self/cgroup')], {
      flags: 0,
      before: [make(`${base}/box`)],
      after: [join, { op: 'signal', n: 7 }],
    })
    expect(runPlan(plan).stdout).toContain(`${base.slice(MOUNT.length)}/box\n`)
    expect(
      runPlan(processPlan(shell('true'), { after: [{ op: 'write_child_pid', path: `${base}/none/cgroup.procs` }] })).failure,
    ).toMatchObject({
      op: 'write_child_pid',
      syscall: 'write',
      errno: 'ENOENT',
    })
  })

  it('make_cgroup() refuses a cgroup with processes, a frozen one, and a path that climbs', async () => {
    mkdirSync(`${base}/busy/inner`, { recursive: true })
    await sleeperIn(`${base}/busy`)
    expect(run([make(`${base}/busy`)])).toMatchObject({
      op: 'make_cgroup',
      errno: 'EBUSY',
      path: `${base}/busy`,
      detail: 'it holds processes',
    })
    mkdirSync(`${base}/cold`)
    writeFileSync(join(base, 'cold', V2 ? 'cgroup.freeze' : 'freezer.state'), V2 ? '1' : 'FROZEN')
    expect(run([make(`${base}/cold`)])).toMatchObject({ op: 'make_cgroup', errno: 'EBUSY', detail: 'it is frozen' })
    for (const path of [`${base}/../up`, `${base}/./dot`, '/tmp/elsewhere', MOUNT, `${base}/${'n'.repeat(256)}`]) {
      expect(run([make(path)]), path).toMatchObject({ op: 'make_cgroup', errno: 'EINVAL' })
    }
  })

  it.skipIf(!V2)('make_cgroup() hands controllers down (needs cgroup v2)', () => {
    expect(run([make(`${base}/a/b`, { controllers: ['pids', 'nosuchcontroller'] })])).toBeUndefined()
    expect(readFileSync(`${base}/a/cgroup.subtree_control`, 'utf8')).toBe('pids\n')
    expect(existsSync(`${base}/a/b/pids.max`)).toBe(true)
  })

  const root = '/sys/fs/cgroup/cpuset'
  it.skipIf(V2 || !existsSync(root))('make_cgroup() fills empty cpusets (needs cgroup v1 with cpuset)', () => {
    const top = join(root, `teu-ops-${process.pid}`)
    expect(run([make(`${top}/inner`, { root, copyCpuset: true })])).toBeUndefined()
    for (const file of ['cpuset.cpus', 'cpuset.mems'])
      expect(readFileSync(join(top, 'inner', file), 'utf8')).toBe(readFileSync(join(root, file), 'utf8'))
    rmdirSync(join(top, 'inner'))
    rmdirSync(top)
  })

  it('freeze() holds everything below, and thaws it again, with what was frozen further down', async () => {
    mkdirSync(`${base}/in/ner`, { recursive: true })
    const outer = await sleeperIn(base, 'sh -c "while :; do :; done"')
    const inner = await sleeperIn(`${base}/in/ner`)
    expect(run([freeze(true)])).toBeUndefined()
    expect(frozen(base)).toBe(true)
    expect(state(outer.pid)).not.toBe('R')
    writeFileSync(join(base, 'in', V2 ? 'cgroup.freeze' : 'freezer.state'), V2 ? '1' : 'FROZEN')
    expect(run([freeze(true), freeze(false)])).toBeUndefined()
    expect([frozen(base), frozen(`${base}/in`), frozen(`${base}/in/ner`)]).toEqual([false, false, false])
    inner.kill('SIGTERM')
    await once(inner, 'exit')
  })

  it('freeze() of a cgroup that is gone is ENOENT', () => {
    expect(run([freeze(true, `${base}/none`)])).toMatchObject({ op: 'freeze', errno: 'ENOENT' })
    expect(run([freeze(false, `${base}/none`)])).toMatchObject({ op: 'freeze', errno: 'ENOENT' })
  })

  it('signal_cgroup() reaches every process of the subtree', async () => {
    mkdirSync(`${base}/in/ner`, { recursive: true })
    const all = [await sleeperIn(base), await sleeperIn(`${base}/in`), await sleeperIn(`${base}/in/ner`)]
    expect(run([signal(15)])).toBeUndefined()
    await Promise.all(all.map(ended))
    expect(all.map((one) => one.signalCode)).toEqual(['SIGTERM', 'SIGTERM', 'SIGTERM'])
    expect(run([signal(9), signal(15, `${base}/none`)])).toBeUndefined()
  })

  it('in a frozen cgroup SIGKILL takes effect at once, other signals when it goes on', async () => {
    const first = await sleeperIn(base)
    const second = await sleeperIn(base)
    expect(run([freeze(true), signal(18), signal(15)])).toBeUndefined()
    expect(frozen(base)).toBe(true)
    expect([first.signalCode, second.signalCode]).toEqual([null, null])
    expect(run([signal(9)])).toBeUndefined()
    await Promise.all([first, second].map(ended))
  })

  it('kill_cgroup() empties a cgroup that forks as fast as it can, and one that is frozen', async () => {
    mkdirSync(`${base}/in`)
    const bomb = await sleeperIn(base, 'sh -c "while :; do (sleep 0.01; sleep 1000) & sleep 0.005; done"')
    const cold = await sleeperIn(`${base}/in`)
    writeFileSync(join(base, 'in', V2 ? 'cgroup.freeze' : 'freezer.state'), V2 ? '1' : 'FROZEN')
    expect(run([{ op: 'kill_cgroup', path: base }])).toBeUndefined()
    await Promise.all([bomb, cold].map(ended))
    await eventually('empty', () => (readFileSync(`${base}/cgroup.procs`, 'utf8') === '' ? true : undefined), 3000)
    expect(run([{ op: 'kill_cgroup', path: `${base}/none` }])).toBeUndefined()
  })

  it('remove_cgroup() removes a deep tree; a process in it is EBUSY after a second', async () => {
    const deep = Array.from({ length: 60 }, (_, n) => `d${n}`)
    for (let n = 1; n <= deep.length; n += 1) mkdirSync(join(base, 'tree', ...deep.slice(0, n)), { recursive: true })
    for (const side of ['x', 'y', 'z']) mkdirSync(join(base, 'tree/d0/d1', side))
    expect(
      run([
        { op: 'remove_cgroup', path: `${base}/tree` },
        { op: 'remove_cgroup', path: `${base}/tree` },
      ]),
    ).toBeUndefined()
    expect(existsSync(`${base}/tree`)).toBe(false)
    mkdirSync(`${base}/held/in/ner`, { recursive: true })
    await sleeperIn(`${base}/held/in/ner`)
    const start = Date.now()
    expect(run([{ op: 'remove_cgroup', path: `${base}/held` }])).toMatchObject({ op: 'remove_cgroup', syscall: 'rmdir', errno: 'EBUSY' })
    expect(Date.now() - start).toBeGreaterThan(900)
  })
})

describeIf('device filters', [needsRoot, existsSync(`${UNIFIED}/cgroup.procs`) ? undefined : 'needs a cgroup v2 mount'], () => {
  /** `r0 = value; exit` */
  const answer = (value: number): Uint8Array => {
    const bytes = Buffer.alloc(16)
    bytes.writeUInt8(0xb7, 0)
    bytes.writeInt32LE(value, 4)
    bytes.writeUInt8(0x95, 8)
    return bytes
  }

  it('a program that says no keeps the processes of the cgroup from opening devices', () => {
    const path = join(UNIFIED, `teu-devices-${process.pid}`)
    const plan = (value: number) => ({
      ...processPlan([{ op: 'wait', n: 1 }, ...shell('cat /dev/null && echo opened')], {
        flags: 0,
        before: [
          { op: 'make_cgroup', root: UNIFIED, path, controllers: [], copyCpuset: false, unified: true },
          { op: 'device_filter', path, program: answer(value) },
        ],
        after: [
          { op: 'write_child_pid', path: `${path}/cgroup.procs` },
          { op: 'signal', n: 1 },
        ],
      }),
      after: [{ op: 'remove_cgroup', path } as const],
    })
    const open = runPlan(plan(1))
    expect(open).toMatchObject({ status: 0, stdout: 'opened\n' })
    expect(runPlan(plan(0))).toMatchObject({ stdout: '', status: 1 })
    expect(existsSync(path)).toBe(false)
  })

  it('a program that the kernel refuses fails with the words of its verifier', () => {
    const path = join(UNIFIED, `teu-verifier-${process.pid}`)
    const bad = Buffer.alloc(8)
    bad.writeUInt8(0x95, 0)
    const { failure } = runPlan({
      parent: [
        { op: 'make_cgroup', root: UNIFIED, path, controllers: [], copyCpuset: false, unified: true },
        { op: 'device_filter', path, program: bad },
      ],
    })
    expect(failure).toMatchObject({ op: 'device_filter', syscall: 'bpf', path, errno: expect.stringMatching(/EACCES|EINVAL/) as string })
    expect(failure?.detail).toContain('R0')
    expect(existsSync(path)).toBe(false)
  })
})
