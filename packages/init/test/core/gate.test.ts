import { execFileSync } from 'node:child_process'
import { createReadStream, existsSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Frame, FrameReader, type Plan, type Step } from '../../src/index.ts'
import { CLONE, exec, hook, isAlive, scratch, startOnce, supervise, until } from './driver.ts'

const O_RDWR = 2

/** A plan whose container waits at the gate in `dir`. */
function gated(dir: string, afterGate: readonly Step[], last: Step): Partial<Plan> {
  execFileSync('mkfifo', [`${dir}/go`, `${dir}/status`])
  return {
    parent: [
      { op: 'open', slot: 1, path: `${dir}/go`, flags: O_RDWR, mode: 0 },
      { op: 'open', slot: 2, path: `${dir}/status`, flags: O_RDWR, mode: 0 },
      { op: 'open', slot: 3, path: '/dev/null', flags: O_RDWR, mode: 0 },
      CLONE,
      last,
    ],
    container: [
      ...[0, 1, 2].map((fd) => ({ op: 'stdio', fd, slot: 3 }) as const),
      { op: 'find_program', candidates: ['/bin/sleep'] },
      { op: 'outlive_parent' },
      { op: 'close_others', keep: [1, 2] },
      { op: 'gate', go: 1, status: 2 },
      ...afterGate,
    ],
  }
}

const sleep = (seconds: string): Step[] => [{ op: 'exec', args: ['sleep', seconds], env: [], fds: [], listenPid: false }]

/** Opens the gate and collects what the container says until it runs its program or has ended. */
async function open(dir: string): Promise<Frame[]> {
  const status = createReadStream(`${dir}/status`)
  const frames: Frame[] = []
  const reader = new FrameReader()
  await new Promise((resolve) => status.once('open', resolve))
  writeFileSync(`${dir}/go`, 'g')
  for await (const chunk of status) frames.push(...reader.push(chunk as Buffer))
  return frames
}

describe('gate', () => {
  it('keeps a created container waiting after its creator has gone, with no descriptor to the host', async () => {
    using dir = scratch()
    const run = startOnce(gated(dir.path, sleep('60'), { op: 'detach' }))
    await run.finished
    expect(run.frames.all.map((frame) => frame.kind)).toEqual(['hello', 'init', 'created', 'done'])
    const pid = run.frames.of('created')[0]?.pid ?? 0
    const descriptors = execFileSync('sh', ['-c', `for f in /proc/${pid}/fd/*; do readlink $f; done`], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .sort()
    // stdio, the gate, its status, and the line to the parent, who is gone
    expect(descriptors.map((name) => name.replace(/\[\d+\]/, '').replace(dir.path, ''))).toEqual([
      '/dev/null',
      '/dev/null',
      '/dev/null',
      '/go',
      '/status',
      'socket:',
    ])
    const frames = await open(dir.path)
    expect(frames).toMatchObject([{ kind: 'started', tag: 7, stage: 'container' }])
    await until(() => execFileSync('cat', [`/proc/${pid}/comm`], { encoding: 'utf8' }) === 'sleep\n')
    process.kill(pid, 'SIGKILL')
  })

  it('tells a failure behind it to whoever opened it', async () => {
    using dir = scratch()
    const run = startOnce(gated(dir.path, [hook('echo bad; exit 1'), ...sleep('60')], { op: 'detach' }))
    await run.finished
    const pid = run.frames.of('created')[0]?.pid ?? 0
    expect(await open(dir.path)).toMatchObject([{ kind: 'failed', op: 'hook', detail: 'exited with status 1: bad' }])
    await until(() => !isAlive(pid))
  })

  it('lets a supervised container report its start and end', async () => {
    using dir = scratch()
    const run = startOnce(gated(dir.path, sleep('0'), supervise()))
    await run.frames.first('created')
    expect(run.frames.of('started')).toEqual([])
    expect(await open(dir.path)).toMatchObject([{ kind: 'started' }])
    await run.finished
    expect(run.frames.all.map((frame) => frame.kind)).toEqual(['hello', 'init', 'created', 'started', 'exited', 'done'])
    expect(run.frames.of('exited')).toMatchObject([{ waitStatus: 0, flags: 0 }])
  })

  it('can be left by a signal that ends programs', async () => {
    using dir = scratch()
    const run = startOnce(gated(dir.path, sleep('0'), supervise()))
    const { pid } = await run.frames.first('created')
    process.kill(pid, 'SIGTERM')
    await run.finished
    // 4: the program never ran
    expect(run.frames.of('exited')).toMatchObject([{ waitStatus: (128 + 15) << 8, flags: 4 }])
    expect(existsSync(`/proc/${pid}`)).toBe(false)
  })

  it('starts when nobody listens to its status', async () => {
    using dir = scratch()
    const run = startOnce(gated(dir.path, sleep('60'), { op: 'detach' }))
    await run.finished
    const pid = run.frames.of('created')[0]?.pid ?? 0
    writeFileSync(`${dir.path}/go`, 'g')
    await until(() => execFileSync('cat', [`/proc/${pid}/comm`], { encoding: 'utf8' }) === 'sleep\n')
    process.kill(pid, 'SIGKILL')
  })

  it('is not needed to find out that a program runs', async () => {
    const run = startOnce({ parent: [CLONE, supervise()], container: exec('/bin/true') })
    await run.frames.first('started')
    await run.finished
  })
})
