/** Filters, and the hand-over of a notification descriptor. */

import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { once } from 'node:events'
import { afterEach, expect, it } from 'vitest'
import { nativeBinary } from '../../../../tests/harness/native.ts'
import { describeIf, needsRoot } from '../../../../tests/harness/requirements.ts'
import type { Step } from '../../src/index.ts'
import { inRoot, type Outcome, processPlan, proc, program, runPlan, shell, testDir } from './run-plan.ts'

const ALLOW = 0x7fff0000
const ERRNO = 0x00050000
const NOTIFY = 0x7fc00000
const ENOTTY = 25
/** System call numbers of this machine. */
const CALLS =
  process.arch === 'arm64'
    ? { mkdirat: 34, sendmsg: 211, wait4: 260, waitid: 95, close: 57 }
    : { mkdir: 83, sendmsg: 46, wait4: 61, waitid: 247, close: 3 }

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
  const [SOCKET, LISTENER] = [30, 31]
  let receiver: ChildProcess | undefined
  afterEach(() => void receiver?.kill('SIGKILL'))

  const set = (program: Uint8Array, listener = -1): Step => ({ op: 'seccomp', flags: 0, program, listener })
  const run = (then: readonly Step[], before: readonly Step[] = []): Outcome =>
    runPlan(processPlan(inRoot(place.rootfs, proc(), then), { before }))

  it('the filter is in force for the program', () => {
    const then = [
      set(filter([[makeDirectory, ERRNO | ENOTTY]])),
      ...shell('grep Seccomp: /proc/self/status || cat /proc/self/status; mkdir /var/x'),
    ]
    const outcome = run(then)
    expect(outcome.stdout).toMatch(/Seccomp:\s+2/)
    expect(outcome.stderr).toContain('Inappropriate ioctl')
  })

  it('a program of no whole instructions, or of too many, is EINVAL', () => {
    for (const size of [0, 7, 8 * 4097]) expect(run([set(new Uint8Array(size))]).failure).toMatchObject({ op: 'seccomp', errno: 'EINVAL' })
    expect(run([set(Buffer.alloc(8, 0xff))]).failure).toMatchObject({ op: 'seccomp', syscall: 'seccomp', errno: 'EINVAL' })
  })

  /** A supervisor's socket, and the steps that hand a descriptor to it. */
  async function supervised(program: Uint8Array): Promise<{ outcome: Outcome; received: string }> {
    const path = join(place.dir, `agent-${Math.random().toString(36).slice(2)}.sock`)
    receiver = spawn(nativeBinary('receive-fd'), [path], { stdio: ['ignore', 'pipe', 'inherit'] })
    let received = ''
    receiver.stdout?.on('data', (chunk: Buffer) => {
      received += chunk.toString()
    })
    await once(receiver.stdout as NodeJS.ReadableStream, 'data')
    const encoder = new TextEncoder()
    const handover: Step = {
      op: 'seccomp_notify',
      socket: SOCKET,
      listener: LISTENER,
      head: encoder.encode('{"pid":'),
      middle: encoder.encode(',"again":'),
      tail: encoder.encode('}'),
    }
    const outcome = run([set(program, LISTENER), handover, ...probe], [{ op: 'connect', slot: SOCKET, path, type: 1 }])
    await once(receiver, 'exit')
    return { outcome, received }
  }
  const probe = program('/probe', 'fds')

  it('the descriptor and the host pid reach the supervisor in one message, and stay out of the program', async () => {
    const { outcome, received } = await supervised(filter([[makeDirectory, NOTIFY]]))
    expect(outcome.failure).toBeUndefined()
    expect(received).toMatch(/seccomp notify/)
    const started = outcome.frames.find((frame) => frame.kind === 'started')
    const pid = started?.kind === 'started' ? started.pid : '?'
    expect(received).toContain(`{\\"pid\\":${pid},\\"again\\":${pid}}`)
    expect((JSON.parse(outcome.stdout) as { fd: number }[]).map((one) => one.fd)).toEqual([0, 1, 2])
  })

  it('the hand-over works under a filter that forbids everything it would need', async () => {
    const forbidden = [CALLS.sendmsg, CALLS.wait4, CALLS.waitid, CALLS.close].map((call): [number, number] => [call, ERRNO | 1])
    const { outcome, received } = await supervised(filter([...forbidden, [makeDirectory, NOTIFY]]))
    expect(received).toMatch(/seccomp notify/)
    expect(outcome.failure).toBeUndefined()
  })

  it('a supervisor that has gone is a failure, not a container without one', async () => {
    const path = join(place.dir, 'gone.sock')
    receiver = spawn(nativeBinary('receive-fd'), [path], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(receiver.stdout as NodeJS.ReadableStream, 'data')
    const handover: Step = { op: 'seccomp_notify', socket: SOCKET, listener: LISTENER, head: new Uint8Array(), tail: new Uint8Array() }
    const kill: Step = {
      op: 'hook',
      path: '/bin/kill',
      args: ['kill', '-9', String(receiver.pid)],
      env: [],
      cwd: '/',
      stateHead: new Uint8Array(),
      stateTail: new Uint8Array(),
      timeoutMs: 0,
    }
    const wait: Step = {
      op: 'hook',
      path: '/bin/sh',
      args: [
        'sh',
        '-c',
        `while kill -0 ${receiver.pid} 2>/dev/null; do [ "$(cut -d' ' -f3 /proc/${receiver.pid}/stat)" = Z ] && break; sleep 0.01; done`,
      ],
      env: ['PATH=/bin:/usr/bin'],
      cwd: '/',
      stateHead: new Uint8Array(),
      stateTail: new Uint8Array(),
      timeoutMs: 0,
    }
    const outcome = run(
      [set(filter([[makeDirectory, NOTIFY]]), LISTENER), handover, ...shell('echo ran')],
      [{ op: 'connect', slot: SOCKET, path, type: 1 }, kill, wait],
    )
    expect(outcome.failure).toMatchObject({
      op: 'seccomp',
      syscall: 'sendmsg',
      errno: expect.stringMatching(/^E(PIPE|CONNRESET)$/) as string,
    })
    expect(outcome.stdout).toBe('')
  })
})
