import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { patience } from '../../../../tests/harness/wait.ts'
import { CLONE, type FrameOf, exec, hook, runOnce, scratch, supervise, supervised } from './driver.ts'

/** Runs a hook in the parent before the clone, and returns its failure. */
async function fail(...parameters: Parameters<typeof hook>): Promise<FrameOf<'failed'> | undefined> {
  const run = await runOnce({ parent: [hook(...parameters)] })
  return run.frames.of('failed')[0]
}

const bytes = (value: string): Uint8Array => new TextEncoder().encode(value)

describe('hook', () => {
  it('gets the state with the pid of the container process on stdin, then the end of it', async () => {
    using dir = scratch()
    const run = await runOnce({
      parent: [CLONE, hook(`cat > ${dir.path}/state`), supervise()],
      container: [hook(`cat > ${dir.path}/inside`), ...exec('/bin/true')],
    })
    expect(run.frames.of('failed')).toEqual([])
    const { pid } = run.frames.of('init')[0] ?? {}
    expect(readFileSync(`${dir.path}/state`, 'utf8')).toBe(`{"pid":${pid}}`)
    // without a pid namespace its own view is the same
    expect(readFileSync(`${dir.path}/inside`, 'utf8')).toBe(`{"pid":${pid}}`)
  })

  it('gets the state as it is when there is no tail', async () => {
    using dir = scratch()
    await runOnce({ parent: [hook(`cat > ${dir.path}/state`, { stateHead: bytes('{"status":"stopped"}'), stateTail: bytes('') })] })
    expect(readFileSync(`${dir.path}/state`, 'utf8')).toBe('{"status":"stopped"}')
  })

  it('has exactly its environment, arguments, working directory and three descriptors', async () => {
    const failure = await fail('echo "$0 $1 $SECRET $X $PWD"; ls /proc/self/fd | tr "\\n" " "; exit 1', {
      args: ['zero', '-c', 'echo "$0|$1|$SECRET|$X"; pwd; ls /proc/self/fd | tr "\\n" " "; exit 1', 'name', 'a b'],
      env: ['X=1', 'PATH=/bin:/usr/bin'],
      cwd: '/usr',
    })
    expect(failure?.detail).toBe('exited with status 1: name|a b||1\n/usr\n0 1 2 3')
  })

  it('says with which status and words it failed', async () => {
    expect(await fail('echo one; echo two >&2; exit 3')).toMatchObject({
      op: 'hook',
      syscall: 'hook',
      errno: '',
      path: '/bin/sh',
      detail: 'exited with status 3: one\ntwo',
      waitStatus: 3 << 8,
    })
    expect(await fail('exit 4')).toMatchObject({ detail: 'exited with status 4' })
    expect(await fail('kill -11 $$')).toMatchObject({ detail: 'killed by SIGSEGV', waitStatus: 11 })
    expect(await fail('printf "a\\000b"; exit 1')).toMatchObject({ detail: 'exited with status 1: a b' })
  })

  it('is killed with all it has started when its time is over', async () => {
    using dir = scratch()
    const failure = await fail(`echo begun; (sleep 2; touch ${dir.path}/late) & sleep 30`, { timeoutMs: 200 })
    expect(failure).toMatchObject({ errno: 'ETIMEDOUT', detail: 'killed by SIGKILL after 200 ms: begun' })
    await new Promise((resolve) => setTimeout(resolve, 2200))
    expect(() => readFileSync(`${dir.path}/late`)).toThrow('ENOENT')
  })

  it('may write more than is kept, of which the end is quoted', async () => {
    const failure = await fail('head -c 3000000 /dev/zero | tr "\\0" x; echo; echo the end; exit 1')
    expect(failure?.detail).toMatch(/^exited with status 1: x+\nthe end$/)
    expect(failure?.detail.length).toBeLessThan(2048)
  })

  it('need not read its state, however long it is', async () => {
    const run = await runOnce({ parent: [hook('exec <&-; sleep 0.1', { stateHead: new Uint8Array(1_000_000).fill(65) }), hook('true')] })
    expect(run.frames.of('failed')).toEqual([])
    const read = await runOnce({
      parent: [hook('test $(wc -c) = 2000008', { stateHead: new Uint8Array(2_000_000).fill(65), stateTail: bytes('12345678') })],
    })
    expect(read.frames.of('failed')).toEqual([])
  })

  it('is over when its process is over, whoever else has its output open', async () => {
    const keep = `sleep ${3 * patience} & echo left;`
    const started = Date.now()
    const run = await runOnce({ parent: [hook(`${keep} exit 0`), hook(`${keep} exit 5`)] })
    expect(Date.now() - started).toBeLessThan(2500 * patience)
    expect(run.frames.of('failed')).toMatchObject([{ step: 1, detail: 'exited with status 5: left' }])
  })

  it('must be an absolute path to something executable', async () => {
    using dir = scratch()
    const path = `${dir.path}/hook`
    expect(await fail('true', { path: 'bin/sh' })).toMatchObject({ syscall: 'execve', errno: 'EINVAL', path: 'bin/sh' })
    expect(await fail('true', { path })).toMatchObject({ syscall: 'execve', errno: 'ENOENT', path })
    writeFileSync(path, '#!/bin/sh\nexit 7\n', { mode: 0o644 })
    expect(await fail('true', { path })).toMatchObject({ syscall: 'execve', errno: 'EACCES', path })
    chmodSync(path, 0o755)
    expect(await fail('true', { path, args: ['hook'] })).toMatchObject({ detail: 'exited with status 7' })
    expect(await fail('true', { cwd: '/nowhere' })).toMatchObject({ syscall: 'chdir', errno: 'ENOENT', path: '/nowhere' })
  })

  it('in the container stage ends the start when it fails', async () => {
    const run = await runOnce(supervised([hook('echo no; exit 1'), ...exec('/bin/true')]))
    expect(run.frames.of('failed')).toMatchObject([{ stage: 'container', op: 'hook', detail: 'exited with status 1: no' }])
    expect(run.frames.of('started')).toEqual([])
  })

  it('starts with default signals', async () => {
    expect((await fail('cat /proc/self/status | grep -E "^Sig(Blk|Ign)"; exit 1'))?.detail).toBe(
      'exited with status 1: SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000',
    )
  })

  it('after the end of the container is run as well', async () => {
    using dir = scratch()
    const run = await runOnce({ ...supervised(exec('/bin/true')), after: [hook('exit 3'), hook(`touch ${dir.path}/second`)] })
    expect(run.frames.of('failed')).toMatchObject([{ stage: 'after', op: 'hook' }])
    expect(run.frames.of('done')).toMatchObject([{ failedCleanups: 1 }])
    readFileSync(`${dir.path}/second`)
  })
})
