import { constants, closeSync, openSync, readdirSync, readFileSync, readSync, unlinkSync, writeSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { encodePipeRequest, encodePlan, splitWaitStatus } from '../../src/index.ts'
import {
  CLONE,
  exec,
  hook,
  isAlive,
  RESIDENT_LIMIT_KIB,
  residentKib,
  scratch,
  shell,
  Spawner,
  supervise,
  supervised,
  until,
} from './driver.ts'

const descriptors = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length

describe('teu-init spawner', () => {
  it('runs many plans at once and tells their frames apart', async () => {
    await using spawner = new Spawner()
    const tags = Array.from({ length: 40 }, (_, i) => i + 1)
    for (const tag of tags) spawner.plan(tag, supervised(shell(`exit ${tag}`)))
    for (const tag of tags) {
      await spawner.frames.first('done', tag)
      expect(spawner.frames.of('exited', tag)).toMatchObject([{ waitStatus: tag << 8 }])
      expect(spawner.frames.all.filter((frame) => frame.tag === tag).map((frame) => frame.kind)).toEqual([
        'init',
        'started',
        'exited',
        'done',
      ])
    }
    expect(spawner.frames.all[0]).toMatchObject({ kind: 'hello', tag: 0, pid: spawner.child.pid })
  })

  it('keeps nothing of a plan that has ended: no process, no descriptor, no memory', async () => {
    await using spawner = new Spawner()
    const { pid } = await spawner.frames.first('hello')
    const memory = (): number => residentKib(pid)
    const run = async (tag: number): Promise<void> => {
      spawner.plan(tag, { ...supervised([hook('true', { stateHead: new Uint8Array(500_000) }), ...exec('/bin/true')]) })
      await spawner.frames.first('done', tag)
    }
    const open = descriptors(pid)
    for (let tag = 1; tag < 10; tag++) await run(tag)
    const before = memory()
    for (let tag = 10; tag < 60; tag++) await run(tag)
    await until(() => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8') === '')
    await until(() => descriptors(pid) === open)
    expect(memory() - before).toBeLessThan(64)
    expect(memory()).toBeLessThan(RESIDENT_LIMIT_KIB)
  })

  it('brings control requests to the plan that they are for', async () => {
    await using spawner = new Spawner()
    for (const tag of [1, 2]) spawner.plan(tag, supervised(exec('/bin/sleep', '60')))
    for (const tag of [1, 2]) await spawner.frames.first('started', tag)
    spawner.control(2, 'signal', 10)
    spawner.control(99, 'signal', 10)
    await spawner.frames.first('done', 2)
    expect(splitWaitStatus(spawner.frames.of('exited', 2)[0]?.waitStatus ?? 0)).toEqual({ signalNumber: 10 })
    expect(spawner.frames.of('exited', 1)).toEqual([])
  })

  it('says of a plan whose process was killed that it is over', async () => {
    await using spawner = new Spawner()
    spawner.plan(1, supervised(exec('/bin/sleep', '60')))
    const { pid } = await spawner.frames.first('started', 1)
    const parent = Number(/PPid:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
    process.kill(parent, 'SIGKILL')
    await spawner.frames.first('done', 1)
    expect(spawner.frames.of('failed', 1)).toMatchObject([{ errno: 'ESRCH', step: -1 }])
    // The death signal of the set-up, which this plan does not take off, has ended it.
    await until(() => !isAlive(pid))
  })

  it('survives any number of control requests to a plan that does not listen', async () => {
    await using spawner = new Spawner()
    const { pid } = await spawner.frames.first('hello')
    spawner.plan(1, { parent: [hook('sleep 1'), CLONE, supervise()], container: shell('exit 4') })
    for (let i = 0; i < 10_000; i++) spawner.control(1, 'resize', i % 100, 80)
    spawner.plan(2, supervised(exec('/bin/true')))
    await spawner.frames.first('done', 2)
    await spawner.frames.first('done', 1)
    expect(spawner.frames.of('exited', 1)).toMatchObject([{ waitStatus: 4 << 8 }])
    expect(residentKib(pid)).toBeLessThan(RESIDENT_LIMIT_KIB)
  })

  it('ends at the end of its channel, and with it bound containers, but not unbound ones', async () => {
    using dir = scratch()
    const spawner = new Spawner()
    const quiet = [0, 1, 2].map((fd) => ({ op: 'stdio', fd, slot: 1 }) as const)
    const open = { op: 'open', slot: 1, path: '/dev/null', flags: 2, mode: 0 } as const
    spawner.plan(1, supervised(exec('/bin/sleep', '60')))
    spawner.plan(2, {
      parent: [open, CLONE, supervise({ bindToCaller: false })],
      container: [...quiet, ...exec('/bin/sleep', '1')],
      after: [{ op: 'record_exit', path: `${dir.path}/exit` }],
    })
    const bound = await spawner.frames.first('started', 1)
    const unbound = await spawner.frames.first('started', 2)
    spawner.channel.destroy()
    expect(await spawner.close()).toBe(0)
    await until(() => !isAlive(bound.pid))
    expect(isAlive(unbound.pid)).toBe(true)
    await until(() => readdirSync(dir.path).includes('exit'))
    expect(isAlive(unbound.pid)).toBe(false)
    expect(readFileSync(`${dir.path}/exit`, 'utf8')).toMatch(/^0 /)
  })

  it('gives a plan the FIFOs that were made for it, each in one direction', async () => {
    using dir = scratch()
    await using spawner = new Spawner()
    const pipes = [
      { slot: 0, containerReads: true, path: `${dir.path}/in` },
      { slot: 1, containerReads: false, path: `${dir.path}/out` },
    ]
    for (const pipe of pipes) spawner.channel.write(encodePipeRequest({ tag: 5, ...pipe }))
    await until(() => spawner.frames.of('pipe_ready', 5).length === 2)
    expect(spawner.frames.of('pipe_ready', 5)).toMatchObject([{ slot: 0 }, { slot: 1 }])
    const input = openSync(`${dir.path}/in`, constants.O_WRONLY | constants.O_NONBLOCK)
    const output = openSync(`${dir.path}/out`, constants.O_RDONLY | constants.O_NONBLOCK)
    for (const pipe of pipes) unlinkSync(pipe.path)
    spawner.plan(5, {
      parent: [CLONE, supervise()],
      container: [
        { op: 'stdio', fd: 0, slot: 0 },
        { op: 'stdio', fd: 1, slot: 1 },
        ...shell('cat; echo end; sed -n "s/^flags:.*\\(.\\)$/\\1/p" /proc/self/fdinfo/0'),
      ],
    })
    await spawner.frames.first('started', 5)
    writeSync(input, 'through\n')
    closeSync(input)
    await spawner.frames.first('done', 5)
    const buffer = Buffer.alloc(100)
    expect(buffer.toString('utf8', 0, readSync(output, buffer))).toBe('through\nend\n0\n')
    // nobody holds the other end any more
    expect(readSync(output, buffer)).toBe(0)
    closeSync(output)
  })

  it('closes FIFOs that no plan came for when they are released', async () => {
    using dir = scratch()
    await using spawner = new Spawner()
    const { pid } = await spawner.frames.first('hello')
    const open = descriptors(pid)
    spawner.channel.write(encodePipeRequest({ tag: 6, slot: 0, containerReads: true, path: `${dir.path}/in` }))
    await spawner.frames.first('pipe_ready', 6)
    expect(descriptors(pid)).toBe(open + 1)
    spawner.control(6, 'release')
    await until(() => descriptors(pid) === open)
    spawner.channel.write(encodePipeRequest({ tag: 6, slot: 0, containerReads: true, path: `${dir.path}/in` }))
    expect(await spawner.frames.first('failed', 6)).toMatchObject({ syscall: 'mkfifo', errno: 'EEXIST', path: `${dir.path}/in`, step: -1 })
  })

  it('refuses a tag that is in use, and a plan that it cannot read, and goes on', async () => {
    await using spawner = new Spawner()
    spawner.plan(1, supervised(exec('/bin/sleep', '60')))
    await spawner.frames.first('started', 1)
    spawner.plan(1, supervised(exec('/bin/true')))
    expect(await spawner.frames.first('failed', 1)).toMatchObject({ syscall: 'decode', errno: 'EBUSY' })
    const broken = encodePlan({ parent: [hook('true')], joiner: [], container: [], after: [] }, { tag: 2 })
    broken[24] = 0xff
    spawner.channel.write(broken)
    expect(await spawner.frames.first('done', 2)).toMatchObject({ failedCleanups: 0 })
    expect(spawner.frames.of('failed', 2)).toMatchObject([{ syscall: 'decode', errno: 'EPROTO' }])
    const foreign = encodePlan({ parent: [], joiner: [], container: [], after: [] }, { tag: 3 })
    foreign[8] = (foreign[8] ?? 0) ^ 1
    spawner.channel.write(foreign)
    await spawner.frames.first('done', 3)
    spawner.plan(4, supervised(exec('/bin/true')))
    await spawner.frames.first('done', 4)
    expect(spawner.frames.of('exited', 4)).toHaveLength(1)
    spawner.control(1, 'signal', 9)
  })

  it('gives up when it cannot know where the next request begins', async () => {
    const spawner = new Spawner()
    spawner.channel.write(new Uint8Array(64))
    expect(await spawner.frames.first('failed')).toMatchObject({ syscall: 'decode', errno: 'EPROTO' })
    expect(await spawner.close()).toBe(0)
  })

  it('is not moved by signals to its process group', async () => {
    await using spawner = new Spawner()
    await spawner.frames.first('hello')
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGPIPE', 'SIGUSR1'] as const) spawner.child.kill(signal)
    spawner.plan(1, supervised(exec('/bin/true')))
    await spawner.frames.first('done', 1)
  })

  it('lets plans that wait for something be released', async () => {
    await using spawner = new Spawner()
    spawner.plan(1, supervised(exec('/bin/sleep', '60')))
    const { pid } = await spawner.frames.first('started', 1)
    const startTime = (await spawner.frames.first('init', 1)).startTime
    spawner.plan(2, { parent: [{ op: 'wait_process', pid, startTime, timeoutMs: 0 }] })
    spawner.plan(3, { parent: [{ op: 'wait_process', pid, startTime, timeoutMs: 100 }] })
    spawner.plan(4, { parent: [{ op: 'wait_process', pid, startTime, timeoutMs: 0 }] })
    spawner.plan(5, { parent: [{ op: 'kill_process', pid, startTime: startTime + 1n, signal: 9 }] })
    await spawner.frames.first('done', 3)
    expect(spawner.frames.of('failed', 3)).toMatchObject([{ op: 'wait_process', errno: 'ETIMEDOUT' }])
    await spawner.frames.first('done', 5)
    expect(spawner.frames.of('failed', 5)).toMatchObject([{ op: 'kill_process', errno: 'ESRCH' }])
    spawner.control(2, 'release')
    await spawner.frames.first('done', 2)
    expect(spawner.frames.of('failed', 2)).toMatchObject([{ op: 'wait_process', errno: 'ECANCELED' }])
    spawner.plan(6, { parent: [{ op: 'kill_process', pid, startTime, signal: 15 }] })
    await spawner.frames.first('done', 4)
    expect(spawner.frames.of('failed', 4)).toEqual([])
    expect(splitWaitStatus((await spawner.frames.first('exited', 1)).waitStatus)).toEqual({ signalNumber: 15 })
  })
})
