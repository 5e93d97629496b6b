import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeIf, needsRoot } from '../../../../tests/harness/requirements.ts'
import { Spawner, until } from './driver.ts'

const v2 = existsSync('/sys/fs/cgroup/cgroup.controllers')
const parent = v2 ? '/sys/fs/cgroup' : '/sys/fs/cgroup/memory'
const needsMemory = existsSync(`${parent}/cgroup.procs`) ? undefined : 'needs the memory controller'

describeIf('watching a memory cgroup', [needsRoot, needsMemory], () => {
  const path = `${parent}/teu-init-watch-${process.pid}`
  let inside: ChildProcess

  /** A shell in the cgroup that does what is written to it, until its input ends. */
  beforeEach(async () => {
    if (v2) writeFileSync(`${parent}/cgroup.subtree_control`, '+memory')
    mkdirSync(path)
    writeFileSync(`${path}/${v2 ? 'memory.max' : 'memory.limit_in_bytes'}`, String(16 * 1024 * 1024))
    inside = spawn('sh', ['-c', `echo $$ > ${path}/cgroup.procs && echo in; while read -r line; do eval "$line"; done`], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    await new Promise((resolve) => inside.stdout?.once('data', resolve))
  })

  async function leave(): Promise<void> {
    if (inside.exitCode === null && inside.signalCode === null) {
      const ended = new Promise((resolve) => inside.once('exit', resolve))
      inside.stdin?.end()
      await ended
    }
    await until(() => {
      try {
        rmdirSync(path)
      } catch (error) {
        return (error as NodeJS.ErrnoException).code === 'ENOENT'
      }
      return true
    })
  }
  afterEach(leave)

  /** Needs more than there is: the kernel kills it, and not by chance the shell that has started it. */
  const EAT = 'head -c 100m /dev/zero | sh -c "echo 1000 > /proc/self/oom_score_adj; exec tail" > /dev/null 2>&1'
  const overeat = (): void => void inside.stdin?.write(`${EAT}\n`)

  it('tells the kills so far, then each further one, and ends with the cgroup', async () => {
    await using spawner = new Spawner()
    spawner.plan(1, { parent: [{ op: 'watch_oom', path, v2 }] })
    expect(await spawner.frames.first('event', 1)).toMatchObject({ op: 'watch_oom', value: 0n })
    for (const kills of [1n, 2n]) {
      overeat()
      await until(() => spawner.frames.of('event', 1).at(-1)?.value === kills, 20_000)
    }
    expect(spawner.frames.of('event', 1).map((frame) => frame.value)).toEqual([0n, 1n, 2n])
    spawner.plan(2, { parent: [{ op: 'watch_oom', path, v2 }] })
    expect(await spawner.frames.first('event', 2)).toMatchObject({ value: 2n })
    await leave()
    for (const tag of [1, 2]) await spawner.frames.first('done', tag)
    expect(spawner.frames.of('failed')).toEqual([])
  })

  it('tells memory pressure until it is released', async () => {
    await using spawner = new Spawner()
    spawner.plan(1, { parent: [{ op: 'watch_pressure', path, v2, trigger: v2 ? 'some 50000 1000000' : 'low' }] })
    await new Promise((resolve) => setTimeout(resolve, 200))
    // On v2 pressure is time spent waiting for memory. What goes beyond memory.high has to wait, at any speed of the machine.
    const high = (value: string): void => (v2 ? writeFileSync(`${path}/memory.high`, value) : undefined)
    high(String(4 * 1024 * 1024))
    for (let i = 0; i < 20 && spawner.frames.of('event', 1).length === 0; i++) {
      overeat()
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
    high('max')
    expect(spawner.frames.of('failed')).toEqual([])
    expect(spawner.frames.of('event', 1)[0]).toMatchObject({ value: 1n })
    spawner.control(1, 'release')
    await spawner.frames.first('done', 1)
  })

  it('says what cannot be watched', async () => {
    await using spawner = new Spawner()
    spawner.plan(1, { parent: [{ op: 'watch_oom', path: `${path}/none`, v2 }] })
    spawner.plan(2, { parent: [{ op: 'watch_pressure', path, v2, trigger: 'nonsense' }] })
    await spawner.frames.first('done', 1)
    expect(spawner.frames.of('failed', 1)).toMatchObject([{ errno: 'ENOENT', path: `${path}/none` }])
    await spawner.frames.first('done', 2)
    expect(spawner.frames.of('failed', 2)).toMatchObject([{ syscall: 'write', errno: 'EINVAL' }])
  })
})
