import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { encodeControl, splitWaitStatus } from '../../src/index.ts'
import { CLONE, exec, hook, isAlive, runOnce, scratch, shell, startOnce, supervise, supervised, until } from './driver.ts'

const fails = { op: 'rmdir', path: '/proc/self' } as const

describe('failure of a step', () => {
  it('is one frame that names step, call, errno and path; no later step runs', async () => {
    using dir = scratch()
    const run = await runOnce({
      parent: [{ op: 'mkdir_all', path: `${dir.path}/a`, mode: 0o755 }, fails, { op: 'mkdir_all', path: `${dir.path}/b`, mode: 0o755 }],
    })
    expect(run.frames.all.map((frame) => frame.kind)).toEqual(['hello', 'failed', 'done'])
    expect(run.frames.of('failed')).toMatchObject([
      { stage: 'parent', step: 1, op: 'rmdir', syscall: 'rmdir', errno: 'ENOTDIR', path: '/proc/self' },
    ])
    expect(run.code).toBe(1)
    expect(readdirSync(dir.path)).toEqual([])
  })

  it('takes back what was made, newest first, and nothing that was there before', async () => {
    using dir = scratch()
    const at = (name: string): string => `${dir.path}/${name}`
    mkdirSync(at('old'))
    const run = await runOnce({
      parent: [
        { op: 'mkdir_all', path: at('old/x/y/z'), mode: 0o700 },
        { op: 'mkfifo', path: at('old/x/y/fifo'), mode: 0o600, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
        CLONE,
        { op: 'record_init', path: at('old/x/init') },
        { op: 'pid_file', path: at('old/pid') },
        fails,
        supervise(),
      ],
      container: exec('/bin/cat'),
    })
    expect(run.frames.of('failed')).toHaveLength(1)
    expect(run.frames.of('done')).toMatchObject([{ failedCleanups: 0 }])
    expect(readdirSync(dir.path)).toEqual(['old'])
    expect(readdirSync(at('old'))).toEqual([])
  })

  it('leaves a directory that somebody else has put something into', async () => {
    using dir = scratch()
    const path = `${dir.path}/made`
    const run = await runOnce({ parent: [{ op: 'mkdir_all', path, mode: 0o755 }, hook(`touch ${path}/theirs`), fails] })
    expect(run.frames.of('done')).toMatchObject([{ failedCleanups: 0 }])
    expect(existsSync(`${path}/theirs`)).toBe(true)
  })

  it('in the container stage is reported by it, once, and nothing of it is left', async () => {
    const run = await runOnce(supervised([{ op: 'umask', mask: 0 }, fails, ...exec('/bin/true')], {}, [{ op: 'wait', n: 1 }]))
    expect(run.frames.of('failed')).toMatchObject([{ stage: 'container', step: 4, op: 'rmdir', errno: 'ENOTDIR' }])
    // two processes speak: which of init and failed comes first is not said
    expect(run.frames.all.map((frame) => frame.kind).sort()).toEqual(['done', 'failed', 'hello', 'init'])
    expect(isAlive(run.frames.of('init')[0]?.pid ?? 0)).toBe(false)
  })

  it('in the parent stage ends the container process, wherever it is', async () => {
    for (const waits of [[{ op: 'wait', n: 9 } as const], []]) {
      const run = await runOnce(supervised([...waits, ...exec('/bin/sleep', '60')], {}, [fails]))
      expect(run.frames.of('failed')).toMatchObject([{ stage: 'parent', op: 'rmdir' }])
      expect(isAlive(run.frames.of('init')[0]?.pid ?? 0)).toBe(false)
    }
  })

  it('in the joiner stage is reported by it', async () => {
    const run = await runOnce({ ...supervised(exec('/bin/true')), joiner: [fails] })
    expect(run.frames.of('failed')).toMatchObject([{ stage: 'joiner', step: 2, op: 'rmdir' }])
    expect(run.frames.all.map((frame) => frame.kind)).toEqual(['hello', 'failed', 'done'])
  })

  it('of execve is told after the announcement, and the program has not started', async () => {
    using dir = scratch()
    const program = `${dir.path}/script`
    for (const [content, errno] of [
      ['#!/nowhere/sh\n', 'ENOENT'],
      ['\x01\x02', 'ENOEXEC'],
    ] as const) {
      writeFileSync(program, content)
      chmodSync(program, 0o755)
      const run = await runOnce(supervised(exec(program)))
      expect(run.frames.of('failed')).toMatchObject([{ stage: 'container', op: 'exec', syscall: 'execve', errno, path: program }])
      expect(run.frames.of('started')).toEqual([])
    }
  })

  it('without a word is reported with the wait status and the step', async () => {
    const run = await runOnce(supervised([{ op: 'umask', mask: 0 }, hook('kill -9 $PPID; sleep 5'), ...exec('/bin/true')]))
    expect(run.frames.of('failed')).toMatchObject([{ stage: 'container', step: 3, op: 'hook', syscall: 'exit', errno: '' }])
    expect(splitWaitStatus(run.frames.of('failed')[0]?.waitStatus ?? 0)).toEqual({ signalNumber: 9 })
  })

  it('of a joiner that dies without a word is reported with its wait status', async () => {
    const run = await runOnce({ ...supervised(exec('/bin/true')), joiner: [hook('kill -9 $PPID; sleep 5')] })
    expect(run.frames.of('failed')).toMatchObject([{ stage: 'joiner', op: 'hook', syscall: 'exit', waitStatus: 9 }])
  })

  it('is the death of the container process, not what the parent stumbles over because of it', async () => {
    const run = await runOnce(
      supervised([hook('kill -9 $PPID; sleep 5'), ...exec('/bin/true')], {}, [
        hook('sleep 0.3'),
        { op: 'write_child', file: 'oom_score_adj', data: new TextEncoder().encode('0') },
        { op: 'wait', n: 1 },
      ]),
    )
    expect(run.frames.of('failed')).toMatchObject([{ stage: 'container', syscall: 'exit', waitStatus: 9 }])
  })
})

describe('wish to end during set-up', () => {
  const slow = { parent: [hook('sleep 30'), CLONE, supervise()], container: exec('/bin/true') }

  it('by control signal KILL ends a hook and undoes everything', async () => {
    using dir = scratch()
    const run = startOnce({ ...slow, parent: [{ op: 'mkdir_all', path: `${dir.path}/x`, mode: 0o700 }, ...slow.parent] }, { control: true })
    await until(() => existsSync(`${dir.path}/x`))
    run.control?.write(control('signal', 9))
    await run.finished
    expect(run.frames.of('failed')).toMatchObject([{ op: 'hook', errno: 'ECANCELED' }])
    expect(readdirSync(dir.path)).toEqual([])
  })

  it('by the end of the control channel, when the plan is bound to its caller', async () => {
    const run = startOnce(slow, { control: true })
    await run.frames.first('hello')
    run.control?.end()
    await run.finished
    expect(run.frames.of('failed')).toMatchObject([{ op: 'hook', errno: 'ECANCELED' }])
  })

  it('by SIGTERM to teu-init', async () => {
    const run = startOnce(slow)
    await run.frames.first('hello')
    await new Promise((resolve) => setTimeout(resolve, 50))
    run.child.kill('SIGTERM')
    await run.finished
    expect(run.frames.of('failed')).toMatchObject([{ op: 'hook', errno: 'ECANCELED' }])
    expect(run.frames.all.at(-1)?.kind).toBe('done')
  })

  it('ends a container process that the parent waits for', async () => {
    const run = startOnce(supervised([{ op: 'wait', n: 5 }, ...shell('true')], {}, [{ op: 'wait', n: 1 }]), { control: true })
    const { pid } = await run.frames.first('init')
    run.control?.end()
    await run.finished
    expect(run.frames.of('failed')).toMatchObject([{ op: 'wait', errno: 'ECANCELED' }])
    expect(isAlive(pid)).toBe(false)
  })
})

function control(what: 'signal' | 'resize' | 'release', a = 0, b = 0): Uint8Array {
  return encodeControl({ tag: 7, what, a, b })
}
