import { closeSync, existsSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { encodePlan, STEPS_SCHEMA } from '../../src/index.ts'
import { CLONE, exec, isAlive, runOnce, scratch, shell, startOnce, startRaw, supervise, supervised, until } from './driver.ts'

describe('teu-init once', () => {
  it('runs a program and reports start, end, status and usage in this order', async () => {
    const run = await runOnce(supervised(shell('echo out; echo err >&2; exit 3')))
    expect(run.frames.all.map((frame) => frame.kind)).toEqual(['hello', 'init', 'started', 'exited', 'done'])
    expect(run).toMatchObject({ code: 0, stdout: 'out\n', stderr: 'err\n' })
    const [hello] = run.frames.of('hello')
    expect(hello).toMatchObject({ schema: STEPS_SCHEMA, tag: 7 })
    const [exited] = run.frames.of('exited')
    expect(exited).toMatchObject({ waitStatus: 3 << 8, flags: 0 })
    expect(Number((exited?.endNs ?? 0n) / 1_000_000n)).toBeGreaterThan(Date.now() - 10_000)
    expect(exited?.usage.maxRssKib).toBeGreaterThan(100n)
  })

  it('gives the program exactly its arguments and environment, default signals and descriptors 0 to 2', async () => {
    const script = 'echo "$0|$*|$SECRET|$X"; cat /proc/self/status | grep -E "^Sig(Blk|Ign|Cgt)"; ls /proc/self/fd'
    const run = await runOnce(
      supervised([
        { op: 'find_program', candidates: ['/bin/bash'] },
        {
          op: 'exec',
          args: ['/bin/bash', '-c', script, 'zero', 'one two', ''],
          env: ['X=y z', 'PATH=/bin:/usr/bin'],
          fds: [],
          listenPid: false,
        },
      ]),
    )
    const lines = run.stdout.trim().split('\n')
    expect(lines[0]).toBe('zero|one two ||y z')
    expect(lines.slice(1, 4)).toEqual(['SigBlk:\t0000000000000000', 'SigIgn:\t0000000000000000', 'SigCgt:\t0000000000000000'])
    // ls itself has the directory open
    expect(lines.slice(4)).toEqual(['0', '1', '2', '3'])
  })

  it('places descriptors from 3 on, in order, and sets LISTEN_PID', async () => {
    using dir = scratch()
    for (const name of ['a', 'b', 'c']) writeFileSync(`${dir.path}/${name}`, name)
    const opens = ['a', 'b', 'c'].map((name, slot) => ({ op: 'open', slot, path: `${dir.path}/${name}`, flags: 0, mode: 0 }) as const)
    const run = await runOnce({
      parent: [...opens, CLONE, supervise()],
      container: [
        { op: 'find_program', candidates: ['/bin/sh'] },
        {
          op: 'exec',
          args: ['sh', '-c', 'cat <&3; cat <&4; cat <&5; ls /proc/self/fd | tr "\\n" " "; test $LISTEN_PID = $$ && echo same'],
          env: ['PATH=/bin:/usr/bin'],
          fds: [2, 0, 1],
          listenPid: true,
        },
      ],
    })
    expect(run.stdout).toBe('cab0 1 2 3 4 5 6 same\n')
  })

  it('runs from a sealed copy that cannot be written, in a process that cannot be dumped', async () => {
    const run = startOnce(supervised(exec('/bin/sleep', '60')))
    const { pid } = await run.frames.first('hello')
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    expect(status).toMatch(/^Name:\tteu:parent$/m)
    expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).toBe('')
    const maps = readFileSync(`/proc/${pid}/maps`, 'utf8')
    expect(maps).toContain('/memfd:teu-init (deleted)')
    expect(() => closeSync(openSync(`/proc/${pid}/exe`, 'r+'))).toThrow(/ETXTBSY|EPERM|EACCES/)
    run.child.kill('SIGKILL')
    await run.finished
  })

  it('takes the container process with it when it is killed itself', async () => {
    const run = startOnce(supervised(exec('/bin/sleep', '60')))
    const { pid } = await run.frames.first('started')
    run.child.kill('SIGKILL')
    await until(() => !isAlive(pid))
    await run.finished
  })

  it('leaves the container process alone after detach', async () => {
    const quiet = [0, 1, 2].map((fd) => ({ op: 'stdio', fd, slot: 1 }) as const)
    const run = await runOnce({
      parent: [{ op: 'open', slot: 1, path: '/dev/null', flags: 2, mode: 0 }, CLONE, { op: 'detach' }],
      container: [{ op: 'outlive_parent' }, ...quiet, ...exec('/bin/sleep', '60')],
    })
    expect(run.frames.all.map((frame) => frame.kind)).toEqual(['hello', 'init', 'started', 'done'])
    const pid = run.frames.of('started')[0]?.pid ?? 0
    expect(isAlive(pid)).toBe(true)
    process.kill(pid, 'SIGKILL')
  })

  it('refuses what is no request', async () => {
    const good = encodePlan({ parent: [], joiner: [], container: [], after: [] }, { tag: 9 })
    const spoil = (position: number): Uint8Array => good.map((byte, i) => (i === position ? byte ^ 0xff : byte))
    const cases: [Uint8Array, string][] = [
      [new Uint8Array(), 'ENODATA'],
      [good.subarray(0, 10), 'EPROTO'],
      [good.subarray(0, good.length - 1), 'EPROTO'],
      [spoil(3), 'E2BIG'],
      [spoil(4), 'EPROTO'],
      [spoil(8), 'EPROTO'],
      [spoil(12), 'EPROTO'],
      [spoil(15), 'EPROTO'],
      [spoil(20), 'EPROTO'],
    ]
    for (const [bytes, errno] of cases) {
      const run = startRaw(bytes)
      const { code } = await run.finished
      expect(run.frames.of('failed')).toMatchObject([{ syscall: 'decode', errno, op: '', step: -1 }])
      expect(run.frames.all.at(-1)?.kind).toBe('done')
      expect(code).toBe(1)
    }
  })

  it('refuses steps that do not go together, and names the first', async () => {
    const end = exec('/bin/true')
    const plans = [
      { plan: { parent: [CLONE] }, step: 0 },
      { plan: { parent: [CLONE, CLONE, supervise()], container: end }, step: 1 },
      { plan: { parent: [supervise()] }, step: 0 },
      { plan: { parent: [CLONE, supervise()] }, step: 1 },
      { plan: { parent: [CLONE, supervise()], container: [{ op: 'setsid' } as const] }, step: 2 },
      { plan: { parent: [CLONE, supervise()], container: [...end, { op: 'setsid' } as const] }, step: 4 },
      { plan: { parent: [CLONE, { op: 'detach' } as const], container: end, after: [{ op: 'rmdir', path: '/x' } as const] }, step: 4 },
      { plan: { parent: [CLONE, supervise()], joiner: [{ op: 'wait', n: 1 } as const], container: end }, step: 2 },
      { plan: { container: end }, step: 0 },
      { plan: { parent: end }, step: 1 },
    ]
    for (const { plan, step } of plans) {
      const run = await runOnce(plan)
      expect(run.frames.of('failed'), JSON.stringify(plan)).toMatchObject([{ syscall: 'decode', errno: 'EINVAL', step }])
    }
  })

  it('says what it is when it is started by hand', async () => {
    const { spawnSync } = await import('node:child_process')
    const { findInitBinary } = await import('../../src/index.ts')
    for (const args of [[], ['--help'], ['once'], ['spawner', 'x']]) {
      const { status, stderr } = spawnSync(findInitBinary(), args, { encoding: 'utf8' })
      expect(status).toBe(2)
      expect(stderr).toBe('teu-init is a part of teu and is started by it\n')
    }
  })

  it.runIf(process.arch === 'x64')('needs no call but execve once a filter is in force', async () => {
    // struct sock_filter { u16 code; u8 jt, jf; u32 k }: load the number, kill for each of these, allow the rest
    const forbidden = { sendto: 44, recvfrom: 45, sendmsg: 46, recvmsg: 47, fcntl: 72, dup3: 292, close_range: 436 }
    const numbers = Object.values(forbidden)
    const rows = [
      [0x20, 0, 0, 0],
      ...numbers.map((number, i) => [0x15, numbers.length - i, 0, number]),
      [0x06, 0, 0, 0x7fff0000],
      [0x06, 0, 0, 0x80000000],
    ]
    const program = new Uint8Array(rows.length * 8)
    const view = new DataView(program.buffer)
    for (const [i, [code = 0, jt = 0, jf = 0, k = 0]] of rows.entries()) {
      view.setUint16(i * 8, code, true)
      program.set([jt, jf], i * 8 + 2)
      view.setUint32(i * 8 + 4, k, true)
    }
    const run = await runOnce(
      supervised([
        { op: 'find_program', candidates: ['/bin/busybox'] },
        { op: 'no_new_privs' },
        { op: 'seccomp', flags: 0, program, listener: -1 },
        { op: 'exec', args: ['busybox', 'echo', 'ran'], env: [], fds: [], listenPid: true },
      ]),
    )
    expect(run.frames.of('failed')).toEqual([])
    expect(run.stdout).toBe('ran\n')
  })

  it('times every step when asked', async () => {
    const run = await runOnce(
      supervised([{ op: 'umask', mask: 0o22 }, ...exec('/bin/true')], {}, [{ op: 'open', slot: 1, path: '/dev/null', flags: 0, mode: 0 }]),
      { trace: true },
    )
    const records = run.frames.of('trace').flatMap((frame) => frame.records)
    expect(records.map((record) => `${record.stage} ${record.step}`).sort()).toEqual([
      'container 3',
      'container 4',
      'parent 0',
      'parent 1',
      'parent 2',
    ])
    for (const record of records) expect(record.endNs).toBeGreaterThanOrEqual(record.startNs)
  })

  it('opens something on descriptors 0 to 2 that are closed', async () => {
    const run = startOnce(supervised(shell('ls /proc/self/fd >&2')), { under: ['/bin/sh', '-c', 'exec "$@" <&- >&-', 'sh'] })
    expect((await run.finished).stderr).toBe('0\n1\n2\n3\n')
  })

  it('reports a descriptor to adopt that is not open by its number', async () => {
    const run = await runOnce({ parent: [{ op: 'adopt', slot: 1, fd: 77 }] })
    expect(run.frames.of('failed')).toMatchObject([{ op: 'adopt', errno: 'EBADF', detail: 'descriptor 77 is not open' }])
  })

  it('adopts inherited descriptors', async () => {
    using dir = scratch()
    writeFileSync(`${dir.path}/file`, 'inherited')
    const fd = openSync(`${dir.path}/file`, 'r')
    const run = await runOnce(
      { parent: [{ op: 'adopt', slot: 5, fd: 6 }, CLONE, supervise()], container: [{ op: 'stdio', fd: 0, slot: 5 }, ...exec('/bin/cat')] },
      { extraFds: [fd] },
    )
    closeSync(fd)
    expect(run.stdout).toBe('inherited')
  })

  it('hands nothing on that its caller left open', async () => {
    const fds = Array.from({ length: 20 }, () => openSync('/', 'r'))
    const run = await runOnce(supervised(shell('ls /proc/self/fd | tr "\\n" " "')), { extraFds: fds })
    for (const fd of fds) closeSync(fd)
    expect(run.stdout).toBe('0 1 2 3 ')
  })

  it('writes pid file, record of init and record of the end', async () => {
    using dir = scratch()
    const path = (name: string): string => `${dir.path}/${name}`
    writeFileSync(path('.pid'), 'left over from a crash')
    const run = startOnce({
      parent: [
        { op: 'mkdir_all', path: path('a/b'), mode: 0o711 },
        CLONE,
        { op: 'record_init', path: path('a/b/init') },
        { op: 'pid_file', path: path('pid') },
        supervise(),
      ],
      container: exec('/bin/cat'),
      after: [
        { op: 'record_exit', path: path('exit') },
        { op: 'keep_file', from: path('pid'), to: path('kept') },
        { op: 'keep_file', from: path('none'), to: path('never') },
        { op: 'collect', name: 'pid', path: path('pid') },
        { op: 'collect', name: 'none', path: path('none') },
      ],
    })
    const { pid } = await run.frames.first('started')
    const start = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19]
    expect(readFileSync(path('pid'), 'utf8')).toBe(String(pid))
    expect(readFileSync(path('a/b/init'), 'utf8')).toBe(`${pid} ${start}\n`)
    expect(statSync(path('pid')).mode & 0o777).toBe(0o644)
    expect(statSync(path('a/b/init')).mode & 0o777).toBe(0o600)
    expect(statSync(path('a')).mode & 0o777).toBe(0o711)
    expect((await run.frames.first('init')).startTime).toBe(BigInt(start ?? 0))
    run.stdin?.end()
    await run.finished
    expect(readFileSync(path('exit'), 'utf8')).toMatch(/^0 \d+\.\d{9} 0\n$/)
    expect(readFileSync(path('kept'), 'utf8')).toBe(String(pid))
    expect(existsSync(path('never'))).toBe(false)
    expect(run.frames.of('collected')).toMatchObject([{ name: 'pid', content: String(pid) }])
  })

  it('finishes the other clean-up steps when one fails, and counts it', async () => {
    using dir = scratch()
    writeFileSync(`${dir.path}/x`, '')
    const run = await runOnce({
      ...supervised(exec('/bin/true')),
      after: [
        { op: 'rmdir', path: `${dir.path}/x` },
        { op: 'unlink', path: `${dir.path}/x` },
      ],
    })
    expect(run.frames.of('failed')).toMatchObject([
      { stage: 'after', op: 'rmdir', syscall: 'rmdir', errno: 'ENOTDIR', path: `${dir.path}/x` },
    ])
    expect(run.frames.of('done')).toMatchObject([{ failedCleanups: 1 }])
    expect(existsSync(`${dir.path}/x`)).toBe(false)
    expect(run.code).toBe(1)
  })
})
