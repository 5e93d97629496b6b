/** Filters, and the hand-over of a notification descriptor. */

import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { once } from 'node:events'
import { afterEach, expect, it } from 'vitest'
import { nativeBinary } from '../../../../tests/harness/native.ts'
import { describeIf, needsRoot } from '../../../../tests/harness/requirements.ts'
import type { Step } from '../../src/index.ts'
import { inRoot, type Outcome, type PlanOptions, processPlan, proc, program, runPlan, shell, testDir } from './run-plan.ts'

const ALLOW = 0x7fff0000
const ERRNO = 0x00050000
const NOTIFY = 0x7fc00000
const TRACE = 0x7ff00000
const ENOTTY = 25
/** System call numbers of this machine. */
const CALLS =
  process.arch === 'arm64'
    ? { mkdirat: 34, recvmsg: 212, wait4: 260, waitid: 95, close: 57, write: 64, sendmsg: 211 }
    : { mkdir: 83, recvmsg: 47, wait4: 61, waitid: 247, close: 3, write: 1, sendmsg: 46 }

/** A classic BPF program: for each call an action, else allow. */
function filter(rules: readonly (readonly [number, number])[]): Uint8Array {
  const instructions = [
    [0x20, 0, 0, 0],
    ...rules.flatMap(([call, action]) => [
      [0x15, 0, 1, call],
      [0x06, 0, 0, action],
    ]),
    [0x06, 0, 0, ALLOW],
  ]
  const bytes = Buffer.alloc(instructions.length * 8)
  instructions.forEach(([code = 0, jt = 0, jf = 0, k = 0], n) => {
    bytes.writeUInt16LE(code, n * 8)
    bytes.writeUInt8(jt, n * 8 + 2)
    bytes.writeUInt8(jf, n * 8 + 3)
    bytes.writeUInt32LE(k >>> 0, n * 8 + 4)
  })
  return bytes
}
const makeDirectory = CALLS.mkdir ?? CALLS.mkdirat ?? 0

describeIf('seccomp', [needsRoot], () => {
  const place = testDir()
  const [SOCKET, LISTENER] = [30, 31] as const
  let receiver: ChildProcess | undefined
  afterEach(() => void receiver?.kill('SIGKILL'))

  const set = (program: Uint8Array, listener = -1): Step => ({ op: 'seccomp', flags: 0, program, listener })
  const run = (then: readonly Step[], options: PlanOptions = {}): Outcome =>
    runPlan(processPlan(inRoot(place.rootfs, proc(), then), options))

  it('the filter is in force for the program', () => {
    const then = [
      set(filter([[makeDirectory, ERRNO | ENOTTY]])),
      ...shell('grep Seccomp: /proc/self/status || cat /proc/self/status; mkdir /var/x'),
    ]
    const outcome = run(then)
    expect(outcome.stdout).toMatch(/Seccomp:\s+2/)
    expect(outcome.stderr).toContain('Inappropriate ioctl')
  })

  it('a filter that refuses everything, in whatever way, ends the start with the reason', () => {
    const [EPERM, EINTR, EAGAIN] = [1, 4, 11]
    const all = (action: number): Uint8Array => {
      const bytes = Buffer.alloc(8)
      bytes.writeUInt8(0x06, 0)
      bytes.writeUInt32LE(action >>> 0, 4)
      return bytes
    }
    const [found, exec] = [program('/probe', 'self').slice(0, -1), program('/probe', 'self').slice(-1)]
    const refusals = [ERRNO | 0, ERRNO | EPERM, ERRNO | EINTR, ERRNO | EAGAIN, TRACE]
    const failures = refusals.map((action) => run([...found, set(all(action)), ...exec]).failure)
    expect(failures).toMatchObject(
      ['EPERM', 'EPERM', 'EINTR', 'EAGAIN', 'ENOSYS'].map((errno) => ({ op: 'exec', syscall: 'execve', errno, path: '/probe' })),
    )
  })

  it('a filter that lets nothing through but what the program needs is no failure', () => {
    const outcome = run([
      set(
        filter([
          [CALLS.write, ERRNO | 11],
          [CALLS.sendmsg, ERRNO | 1],
        ]),
      ),
      ...program('/bin/true'),
    ])
    expect(outcome.failure).toBeUndefined()
  })

  it('a program of no whole instructions, or of too many, is EINVAL', () => {
    for (const size of [0, 7, 8 * 4097]) expect(run([set(new Uint8Array(size))]).failure).toMatchObject({ op: 'seccomp', errno: 'EINVAL' })
    expect(run([set(Buffer.alloc(8, 0xff))]).failure).toMatchObject({ op: 'seccomp', syscall: 'seccomp', errno: 'EINVAL' })
  })

  /** A supervisor that listens at a new path. */
  async function listen(): Promise<{ path: string; output: () => string }> {
    const path = join(place.dir, `agent-${Math.random().toString(36).slice(2)}.sock`)
    let output = ''
    receiver = spawn(nativeBinary('receive-fd'), [path], { stdio: ['ignore', 'pipe', 'inherit'] })
    receiver.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
    await once(receiver.stdout as NodeJS.ReadableStream, 'data')
    return { path, output: () => output }
  }
  const connect = (path: string): Step => ({ op: 'connect', slot: SOCKET, path, type: 1 })
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
  const handover: Step = {
    op: 'seccomp_notify',
    socket: SOCKET,
    listener: LISTENER,
    head: bytes('{"pid":'),
    middle: bytes(',"again":'),
    tail: bytes('}'),
  }
  /** Parent and container stages of a program under a supervised filter. The parent stays until the hand-over is done. */
  const supervised = (rules: Parameters<typeof filter>[0]): Step[] => [set(filter(rules), LISTENER), handover, { op: 'signal', n: 1 }]
  const waits: Step[] = [{ op: 'wait', n: 1 }]

  interface Received {
    readonly payloadHex: string
    readonly count: number
    readonly link: string
  }
  async function receivedBy(agent: { output: () => string }): Promise<Received> {
    if (receiver?.exitCode === null) await once(receiver, 'close')
    return JSON.parse(agent.output().split('\n')[1] ?? '') as Received
  }

  it('the descriptor and the host pid reach the supervisor in one message, and stay out of the program', async () => {
    const agent = await listen()
    const then = [...supervised([[makeDirectory, NOTIFY]]), ...program('/probe', 'fds')]
    const outcome = run(then, { before: [connect(agent.path)], after: waits })
    expect(outcome.failure).toBeUndefined()
    const received = await receivedBy(agent)
    expect(received).toMatchObject({ count: 1, link: 'anon_inode:seccomp notify' })
    const started = outcome.frames.find((frame) => frame.kind === 'started')
    const pid = started?.kind === 'started' ? started.pid : 0
    expect(JSON.parse(Buffer.from(received.payloadHex, 'hex').toString())).toEqual({ pid, again: pid })
    expect((JSON.parse(outcome.stdout) as { fd: number }[]).map((one) => one.fd)).toEqual([0, 1, 2])
  })

  it('the hand-over works under a filter that forbids what it would need, or asks the supervisor about it', async () => {
    const calls = [CALLS.recvmsg, CALLS.wait4, CALLS.waitid, CALLS.close]
    const agent = await listen()
    const then = [...supervised(calls.map((call) => [call, ERRNO | 1])), ...program('/probe', 'self')]
    const outcome = run(then, { before: [connect(agent.path)], after: waits })
    expect(outcome.failure).toBeUndefined()
    expect(await receivedBy(agent)).toMatchObject({ count: 1, link: 'anon_inode:seccomp notify' })
  })

  it('a supervisor that has gone is a failure, not a container without one', async () => {
    const agent = await listen()
    const hook = (command: string): Step => ({
      op: 'hook',
      path: '/bin/sh',
      args: ['sh', '-c', command],
      env: ['PATH=/bin:/usr/bin'],
      cwd: '/',
      stateHead: bytes(''),
      stateTail: bytes(''),
      timeoutMs: 5000,
    })
    // Descriptors are closed before a process becomes a zombie.
    const kill = hook(`kill -9 ${receiver?.pid}; until grep -q ') Z ' /proc/${receiver?.pid}/stat; do sleep 0.01; done`)
    const then: Step[] = [{ op: 'wait', n: 2 }, ...supervised([[makeDirectory, NOTIFY]]), ...shell('echo ran')]
    const outcome = run(then, { before: [connect(agent.path)], after: [kill, { op: 'signal', n: 2 }, ...waits] })
    expect(outcome.failure?.op).toBe('seccomp')
    expect(outcome.failure?.errno).toMatch(/^E(PIPE|CONNRESET)$/)
    expect(outcome.stdout).toBe('')
  })
})
