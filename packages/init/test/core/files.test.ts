import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { basename, dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nativeBinary } from '../../../../tests/harness/native.ts'
import { patience } from '../../../../tests/harness/wait.ts'
import { NO_SLOT, type Step } from '../../src/index.ts'
import { CLONE, exec, hook, runOnce, scratch, shell, supervise, supervised, until } from './driver.ts'

const O_PATH = 0o10000000
const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const isRoot = process.getuid?.() === 0

async function failureOf(...parent: Step[]): Promise<unknown> {
  return (await runOnce({ parent })).frames.of('failed')[0]
}

describe('steps on host files', () => {
  it('write_file stays beneath its directory, without links', async () => {
    using dir = scratch()
    mkdirSync(`${dir.path}/top/sub`, { recursive: true })
    for (const name of ['top/sub/file', 'outside']) writeFileSync(`${dir.path}/${name}`, '')
    symlinkSync('sub', `${dir.path}/top/link`)
    const top = { op: 'open', slot: 4, path: `${dir.path}/top`, flags: O_PATH, mode: 0 } as const
    const write = (path: string, slot = 4): Step => ({ op: 'write_file', dir: slot, path, data: text('x') })
    expect(await failureOf(top, write('sub/file'), write(`${dir.path}/outside`, NO_SLOT))).toBeUndefined()
    expect(readFileSync(`${dir.path}/top/sub/file`, 'utf8')).toBe('x')
    expect(await failureOf(top, write('link/file'))).toMatchObject({ syscall: 'openat2', errno: 'ELOOP', path: 'link/file' })
    expect(await failureOf(top, write('../outside'))).toMatchObject({ syscall: 'openat2', errno: 'EXDEV' })
    expect(await failureOf(top, write('/outside'))).toMatchObject({ syscall: 'openat2', errno: 'EXDEV' })
    expect(await failureOf(top, write('new'))).toMatchObject({ syscall: 'openat2', errno: 'ENOENT' })
    expect(await failureOf(write('x', 9))).toMatchObject({ op: 'write_file', errno: 'EBADF' })
    expect(await failureOf({ op: 'write_file', dir: NO_SLOT, path: '/proc/sys/kernel/ostype', data: text('x') })).toMatchObject({
      syscall: 'open',
    })
  })

  it('write_child reaches the container process through /proc', async () => {
    const adjust = { op: 'write_child', file: 'oom_score_adj', data: text('321') } as const
    const run = await runOnce(
      supervised([{ op: 'wait', n: 1 }, ...exec('/bin/cat', '/proc/self/oom_score_adj')], {}, [adjust, { op: 'signal', n: 1 }]),
    )
    expect(run.stdout).toBe('321\n')
    const bad = await runOnce(supervised(exec('/bin/true'), {}, [{ op: 'write_child', file: '../1/comm', data: text('x') }]))
    expect(bad.frames.of('failed')).toMatchObject([{ op: 'write_child', errno: 'EINVAL' }])
    expect(await failureOf(adjust)).toMatchObject({ errno: 'ESRCH' })
  })

  it('mkdir_all makes what is missing, mkfifo gives mode and owner', async () => {
    using dir = scratch()
    const owner = isRoot ? 1234 : (process.getuid?.() ?? 0)
    const at = `${dir.path}/a/b//c/`
    const failure = await failureOf(
      { op: 'mkdir_all', path: at, mode: 0o777 },
      { op: 'mkdir_all', path: at, mode: 0o700 },
      { op: 'mkfifo', path: `${dir.path}/a/fifo`, mode: 0o622, uid: owner, gid: process.getgid?.() ?? 0 },
    )
    expect(failure).toBeUndefined()
    expect(statSync(at).mode & 0o777).toBe(0o777)
    const fifo = statSync(`${dir.path}/a/fifo`)
    expect([fifo.isFIFO(), fifo.mode & 0o777, fifo.uid]).toEqual([true, 0o622, owner])
    writeFileSync(`${dir.path}/file`, '')
    expect(await failureOf({ op: 'mkdir_all', path: `${dir.path}/file`, mode: 0o755 })).toMatchObject({ errno: 'ENOTDIR' })
    expect(await failureOf({ op: 'mkdir_all', path: `${dir.path}/file/x`, mode: 0o755 })).toMatchObject({ errno: 'ENOTDIR' })
  })

  it('unlink and rmdir do not mind what is not there', async () => {
    using dir = scratch()
    mkdirSync(`${dir.path}/d`)
    writeFileSync(`${dir.path}/f`, '')
    const twice: Step[] = [
      { op: 'unlink', path: `${dir.path}/f` },
      { op: 'rmdir', path: `${dir.path}/d` },
    ]
    expect(await failureOf(...twice, ...twice)).toBeUndefined()
    expect(readdirSync(dir.path)).toEqual([])
  })

  it('verify_device looks at what is open, not at names', async () => {
    const open = (path: string): Step => ({ op: 'open', slot: 1, path, flags: O_PATH, mode: 0 })
    const verify = (kind: 'c' | 'b', minor: number): Step => ({ op: 'verify_device', slot: 1, kind: kind.charCodeAt(0), major: 1, minor })
    expect(await failureOf(open('/dev/null'), verify('c', 3))).toBeUndefined()
    for (const step of [verify('c', 5), verify('b', 3)])
      expect(await failureOf(open('/dev/null'), step)).toMatchObject({ op: 'verify_device', errno: 'EINVAL' })
    expect(await failureOf(open('/dev'), verify('c', 3))).toMatchObject({ errno: 'EINVAL' })
  })

  it('close_others leaves standard streams and what is kept', async () => {
    const opens = [3, 4, 5].map((slot) => ({ op: 'open', slot, path: '/dev/null', flags: 2, mode: 0 }) as const)
    const run = await runOnce({
      parent: [...opens, CLONE, supervise()],
      container: [
        { op: 'close_others', keep: [4] },
        hook('true'),
        { op: 'stdio', fd: 2, slot: 4 },
        { op: 'stdio', fd: 2, slot: 5 },
        ...exec('/bin/true'),
      ],
    })
    expect(run.frames.of('failed')).toMatchObject([{ op: 'stdio', step: 8, errno: 'EBADF' }])
  })

  it('rlimit sets exact limits, from outside and from inside', async () => {
    const outside: Step = { op: 'rlimit', resource: 7, soft: 99, hard: 101n }
    const inside: Step = { op: 'rlimit', resource: 0, soft: 7, hard: 2n ** 64n - 1n }
    const run = await runOnce(
      supervised([{ op: 'wait', n: 1 }, inside, ...shell('ulimit -Sn; ulimit -Hn; ulimit -St; ulimit -Ht')], {}, [
        outside,
        { op: 'signal', n: 1 },
      ]),
    )
    expect(run.stdout).toBe('99\n101\n7\nunlimited\n')
  })
})

/** Starts the receiver of one message in the directory of its socket, whose path may be too long for an address. */
async function receive(path: string): Promise<{ said: Promise<string>; kill: () => void }> {
  const child = spawn(nativeBinary('receive-fd'), [basename(path)], { cwd: dirname(path), stdio: ['ignore', 'pipe', 'inherit'] })
  const chunks: string[] = []
  const said = new Promise<string>((resolve) => child.once('close', () => resolve(chunks.join(''))))
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk))
  await until(() => chunks.length > 0)
  return { said, kill: () => void child.kill('SIGKILL') }
}

describe('steps on sockets', () => {
  it('connect and send_fd or send_pidfd deliver one descriptor with its payload, at paths of any length', async () => {
    using dir = scratch()
    const long = `${dir.path}/${'d'.repeat(120)}/${'e'.repeat(120)}`
    mkdirSync(long, { recursive: true })
    const sends = [
      { op: 'send_fd', socket: 1, fd: 2, payload: text('the name') },
      { op: 'send_pidfd', socket: 1, payload: text('standard') },
    ] as const
    for (const send of sends) {
      const path = `${long}/${send.op}`
      const receiver = await receive(path)
      const run = await runOnce({
        parent: [
          { op: 'connect', slot: 1, path, type: 1 },
          { op: 'open', slot: 2, path: '/dev/zero', flags: 0, mode: 0 },
          CLONE,
          send,
          supervise(),
        ],
        container: exec('/bin/true'),
      })
      expect(run.frames.of('failed')).toEqual([])
      const message = JSON.parse((await receiver.said).split('\n')[1] ?? '') as Record<string, unknown>
      expect(message).toMatchObject({ payloadHex: Buffer.from(send.payload).toString('hex'), count: 1, closed: true })
      expect(message['link']).toBe(send.op === 'send_fd' ? '/dev/zero' : 'anon_inode:[pidfd]')
    }
  })

  it('connect says why it cannot', async () => {
    using dir = scratch()
    const step = (path: string, type = 1): Step => ({ op: 'connect', slot: 1, path, type })
    expect(await failureOf(step(`${dir.path}/none`))).toMatchObject({ syscall: 'open', errno: 'ENOENT', path: `${dir.path}/none` })
    writeFileSync(`${dir.path}/file`, '')
    expect(await failureOf(step(`${dir.path}/file`))).toMatchObject({ syscall: 'connect', errno: 'ECONNREFUSED' })
    const receiver = await receive(`${dir.path}/stream`)
    expect(await failureOf(step(`${dir.path}/stream`, 2))).toMatchObject({ syscall: 'connect', errno: 'EPROTOTYPE' })
    receiver.kill()
  })

  it('connect waits ten seconds at most for a listener that does not accept', async () => {
    using dir = scratch()
    const path = `${dir.path}/full`
    const receiver = await receive(path)
    // the first is accepted and says nothing, the others stay in the queue until that is full
    const sockets: Socket[] = []
    for (let refusals = 0; refusals < 3; ) {
      const socket = connect(path)
      sockets.push(socket)
      refusals += await new Promise<number>((resolve) => socket.once('connect', () => resolve(0)).once('error', () => resolve(1)))
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    const begin = Date.now()
    expect(await failureOf({ op: 'connect', slot: 1, path, type: 1 })).toMatchObject({ syscall: 'connect', errno: 'ETIMEDOUT' })
    expect(Date.now() - begin).toBeGreaterThan(9_000)
    expect(Date.now() - begin).toBeLessThan(10_000 + 3_000 * patience)
    for (const socket of sockets) socket.destroy()
    receiver.kill()
  })
})
