import { spawnSync } from 'node:child_process'
import { existsSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { patience } from '../../../../tests/harness/wait.ts'
import { encodeControl, encodePlan, findInitBinary, NO_SLOT, type Plan, splitWaitStatus, type StepOf } from '../../src/index.ts'
import {
  CLONE,
  exec,
  hook,
  isAlive,
  RESIDENT_LIMIT_KIB,
  residentKib,
  runOnce,
  scratch,
  shell,
  startOnce,
  supervise,
  supervised,
  until,
} from './driver.ts'

const control = (what: 'signal' | 'resize' | 'release', a = 0, b = 0): Uint8Array => encodeControl({ tag: 7, what, a, b })
const endOf = (frames: { waitStatus: number }[]): ReturnType<typeof splitWaitStatus> => splitWaitStatus(frames[0]?.waitStatus ?? 0)

describe('supervise', () => {
  it('sends the stop signal after the timeout and says that it did', async () => {
    const run = await runOnce(supervised(shell('trap "echo stopped; exit 9" TERM; while :; do sleep 0.05; done'), { timeoutMs: 150 }))
    expect(run.stdout).toBe('stopped\n')
    expect(run.frames.of('exited')).toMatchObject([{ waitStatus: 9 << 8, flags: 1 }])
  })

  it('kills what does not stop within the grace', async () => {
    const begin = Date.now()
    const run = await runOnce(supervised(shell('trap "" TERM; while :; do sleep 0.05; done'), { timeoutMs: 100, graceMs: 150 }))
    expect(endOf(run.frames.of('exited'))).toEqual({ signalNumber: 9 })
    expect(Date.now() - begin).toBeGreaterThanOrEqual(240)
  })

  it('kills at once when there is no grace', async () => {
    const run = await runOnce(supervised(exec('/bin/sleep', '60'), { timeoutMs: 50, graceMs: 0 }))
    expect(endOf(run.frames.of('exited'))).toEqual({ signalNumber: 9 })
    expect(run.frames.of('exited')[0]?.flags).toBe(1)
  })

  it('passes control signals on, also those that came before the program ran', async () => {
    const run = startOnce(supervised(exec('/bin/sleep', '60')), { control: true })
    run.control?.write(control('signal', 15))
    await run.finished
    expect(endOf(run.frames.of('exited'))).toEqual({ signalNumber: 15 })
  })

  it('takes control requests in pieces', async () => {
    const run = startOnce(supervised(exec('/bin/sleep', '60')), { control: true })
    await run.frames.first('started')
    for (const byte of control('signal', 10)) {
      run.control?.write(Uint8Array.of(byte))
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    await run.finished
    expect(endOf(run.frames.of('exited'))).toEqual({ signalNumber: 10 })
  })

  it('kills a bound container when the caller goes away, or talks nonsense', async () => {
    for (const leave of ['end', 'nonsense'] as const) {
      const run = startOnce(supervised(exec('/bin/sleep', '60')), { control: true })
      await run.frames.first('started')
      if (leave === 'end') run.control?.end()
      else run.control?.write(new Uint8Array(32))
      await run.finished
      expect(endOf(run.frames.of('exited'))).toEqual({ signalNumber: 9 })
      expect(run.frames.of('exited')[0]?.flags).toBe(2)
    }
  })

  it('stays with an unbound container when nobody listens any more, and does the rest of the plan', async () => {
    using dir = scratch()
    const run = startOnce(
      {
        ...supervised(shell('exec >/dev/null 2>&1 <&-; sleep 0.5; exit 5'), { bindToCaller: false }),
        after: [{ op: 'record_exit', path: `${dir.path}/exit` }],
      },
      { control: true },
    )
    const { pid } = await run.frames.first('hello')
    await run.frames.first('started')
    for (const stream of run.child.stdio) stream?.destroy()
    await until(() => !isAlive(pid))
    expect(readFileSync(`${dir.path}/exit`, 'utf8')).toMatch(/^1280 \d+\.\d+ 0\n$/)
  })

  it('forwards signals of the command line to the program', async () => {
    const run = startOnce(
      supervised(shell('trap "echo usr1" USR1; trap "echo term; exit 0" TERM; echo ready; while :; do sleep 0.05; done'), {
        forwardSignals: true,
      }),
    )
    await new Promise<void>((resolve) => run.child.stdout?.once('data', () => resolve()))
    run.child.kill('SIGUSR1')
    await new Promise((resolve) => setTimeout(resolve, 150))
    run.child.kill('SIGURG')
    run.child.kill('SIGWINCH')
    run.child.kill('SIGTERM')
    await run.finished
    expect(run.frames.of('exited')[0]?.waitStatus).toBe(0)
  })

  it('forwards a signal that came when the program ran already, but before it had noticed', async () => {
    const stopParent = hook('kill -STOP "$(cut -d " " -f 4 /proc/$PPID/stat)"')
    const run = await runOnce(
      supervised([stopParent, ...shell('trap "exit 7" TERM; kill -TERM $PPID; kill -CONT $PPID; while :; do sleep 0.05; done')], {
        forwardSignals: true,
      }),
    )
    expect(run.frames.of('failed')).toEqual([])
    expect(run.frames.of('exited')).toMatchObject([{ waitStatus: 7 << 8 }])
  })

  it('leaves signals alone that it is not to forward', async () => {
    const run = startOnce(supervised(shell('sleep 0.4; exit 6')))
    await run.frames.first('started')
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1'] as const) run.child.kill(signal)
    await run.finished
    expect(run.frames.of('exited')[0]?.waitStatus).toBe(6 << 8)
  })

  it('reaps what the container process leaves behind', async () => {
    using dir = scratch()
    const leave = `for i in 1 2 3 4 5; do (sleep 0.05 &) ; done; : > ${dir.path}/left; exec sleep 60`
    const run = startOnce(supervised(shell(leave)), { control: true })
    const { pid } = await run.frames.first('hello')
    await until(() => existsSync(`${dir.path}/left`))
    await until(() => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').length === 1)
    run.control?.end()
    await run.finished
  })

  it('holds nothing of the container open while it stays', async () => {
    const run = startOnce(
      { parent: [{ op: 'open', slot: 3, path: '/', flags: 0o10000000, mode: 0 }, CLONE, supervise()], container: exec('/bin/sleep', '60') },
      { control: true, extraFds: [openSync('/etc', 'r')] },
    )
    const { pid } = await run.frames.first('hello')
    await run.frames.first('started')
    const { stdout } = spawnSync('sh', ['-c', `for f in /proc/${pid}/fd/*; do readlink $f; done`], { encoding: 'utf8' })
    expect(stdout.split('\n')).not.toContain('/')
    expect(stdout.split('\n')).not.toContain('/etc')
    expect(residentKib(pid)).toBeLessThan(RESIDENT_LIMIT_KIB)
    run.control?.end()
    await run.finished
  })
})

/** A program on a terminal of its own, whose bytes go to teu-init's stdout and come from its stdin. */
function onTerminal(command: string, changes: Partial<StepOf<'supervise'>> = {}, size = { rows: 0, cols: 0 }): Partial<Plan> {
  return {
    parent: [
      { op: 'adopt', slot: 1, fd: 0 },
      { op: 'adopt', slot: 2, fd: 1 },
      CLONE,
      supervise({ master: 10, input: 1, output: 2, ...changes }),
    ],
    container: [
      { op: 'open_pty', master: 10, peer: 11, root: NO_SLOT, ptmx: '/dev/pts/ptmx', ...size },
      { op: 'give', slot: 10 },
      ...[0, 1, 2].map((fd) => ({ op: 'stdio', fd, slot: 11 }) as const),
      { op: 'setsid' },
      { op: 'controlling_tty', peer: 11 },
      ...shell(command),
    ],
  }
}

describe('terminal of a supervised program', () => {
  it('is a terminal of the given size, and brings all output before the end is reported', async () => {
    const run = await runOnce(onTerminal('tty >/dev/null && stty size; seq 20000; echo end', {}, { rows: 33, cols: 99 }))
    const lines = run.stdout.split('\r\n')
    expect(lines[0]).toBe('33 99')
    expect(lines.slice(1, -1)).toEqual([...Array.from({ length: 20000 }, (_, i) => String(i + 1)), 'end'])
    expect(run.frames.of('exited')[0]?.waitStatus).toBe(0)
  })

  it('gets input, and only input ends when input ends', async () => {
    const run = startOnce(onTerminal('stty -echo; read a; echo "got $a"; sleep 0.2; echo later'))
    run.stdin?.write('hello\n')
    run.stdin?.end()
    expect((await run.finished).stdout.replace(/^hello\r\n/, '')).toBe('got hello\r\nlater\r\n')
  })

  it('takes the size of a control request, the last of many', async () => {
    const run = startOnce(onTerminal('trap "stty size; exit 0" WINCH; echo ready; while :; do sleep 0.05; done'), { control: true })
    await new Promise<void>((resolve) => run.child.stdout?.once('data', () => resolve()))
    run.control?.write(control('resize', 70_000, 1))
    run.control?.write(control('resize', 40, 120))
    expect((await run.finished).stdout).toBe('ready\r\n40 120\r\n')
  })

  it('makes a fast writer wait for a slow reader', async () => {
    const slowly = ['/bin/sh', '-c', '"$@" | { sleep 1; cat; }', 'sh']
    const run = startOnce(onTerminal('head -c 3000000 /dev/zero | tr "\\0" x'), { under: slowly })
    const { pid } = await run.frames.first('hello')
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect(residentKib(pid)).toBeLessThan(RESIDENT_LIMIT_KIB)
    expect(run.frames.of('exited')).toEqual([])
    expect((await run.finished).stdout).toBe('x'.repeat(3_000_000))
  })

  it('writes behind what is in a file already, and reads a file from where it is', async () => {
    using dir = scratch()
    writeFileSync(`${dir.path}/in`, 'skipped\nread\n')
    writeFileSync(`${dir.path}/out`, 'before\n')
    const files = ['/bin/sh', '-c', `{ read -r line; "$@" >> ${dir.path}/out; } < ${dir.path}/in`, 'sh']
    await startOnce(onTerminal('stty -echo; read a; echo "got $a"'), { under: files }).finished
    expect(readFileSync(`${dir.path}/out`, 'utf8')).toMatch(/^before\n(read\r\n)?got read\r\n$/)
  })

  it('goes on when the reader of its output has gone', async () => {
    const run = startOnce(onTerminal('seq 100000; exit 3'))
    await run.frames.first('started')
    run.child.stdout?.destroy()
    await run.frames.first('done')
    expect(run.frames.of('exited')[0]?.waitStatus).toBe(3 << 8)
  })

  it('works again after the program had closed it', async () => {
    const run = await runOnce(onTerminal('T=$(tty); exec <&- >&- 2>&-; sleep 0.2; echo back > $T; sleep 0.1'))
    expect(run.stdout).toBe('back\r\n')
  })

  it('has the size of the caller’s terminal from its first moment on', () => {
    using dir = scratch()
    const plan = onTerminal('stty size; kill -CONT $PPID', { raw: true })
    const stopParent = hook('kill -STOP "$(cut -d " " -f 4 /proc/$PPID/stat)"')
    const whole: Plan = {
      parent: [],
      joiner: [],
      after: [],
      ...plan,
      container: [...(plan.container ?? []).slice(0, -1), stopParent, ...(plan.container ?? []).slice(-1)],
    }
    writeFileSync(`${dir.path}/plan`, encodePlan(whole, { tag: 7 }))
    const command = `stty rows 21 cols 77; ${findInitBinary()} once 3<${dir.path}/plan 4>${dir.path}/status 5<&-`
    const options = { encoding: 'utf8', input: '', timeout: 20_000 * patience } as const
    const { stdout, status } = spawnSync('script', ['-qec', command, '/dev/null'], options)
    expect(stdout).toMatch(/^21 77\r\n/)
    expect(status).toBe(0)
  })

  it('puts the caller’s terminal into raw mode and back, and follows its size', () => {
    using dir = scratch()
    const plan = onTerminal('stty size; stty -a | grep -o " echo "; sleep 0.2', { raw: true, forwardSignals: true, bindToCaller: false })
    writeFileSync(`${dir.path}/plan`, encodePlan({ parent: [], joiner: [], container: [], after: [], ...plan }, { tag: 7 }))
    const command = `stty rows 21 cols 77; ( sleep 0.15; stty -a </dev/tty | grep -oE -- "-(icanon|echo) " | head -1 >&9 ) 9>${dir.path}/during & ${findInitBinary()} once 3<${dir.path}/plan 4>${dir.path}/status 5<&-; stty -a | grep -oE "[-]?(icanon|echo) " >${dir.path}/behind`
    const { stdout, status } = spawnSync('script', ['-qec', command, '/dev/null'], {
      encoding: 'utf8',
      input: '',
      timeout: 20_000 * patience,
    })
    expect(stdout).toContain('21 77')
    expect(status).toBe(0)
    expect(readFileSync(`${dir.path}/behind`, 'utf8')).toBe('icanon \necho \n')
    expect(readFileSync(`${dir.path}/during`, 'utf8')).toBe('-icanon \n')
  })
})
