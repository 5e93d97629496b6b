import { TeuError } from '@teu/spec'
import { describe, expect, it } from 'vitest'
import type { Io } from '../cli/io.ts'
import { FakeConsole } from '../testing/fake-console.ts'
import { fakeIo } from '../testing/fake-io.ts'
import { REPORT } from '../testing/fake-library.ts'
import type { Engine, RunRequest, RunResult } from './engine.ts'
import type { HostDoor } from './host-door.ts'
import { runTeu } from './main.ts'

const RESULT: RunResult = { ...REPORT, id: 'run-1', durationMs: 3 }

async function teu(args: readonly string[], outcome: Partial<RunResult> | Error = {}, more: Partial<Io> = {}) {
  const io = fakeIo(args, more)
  const requests: [RunRequest, string | undefined][] = []
  const engine: Engine = {
    run: async (request, root) => {
      requests.push([request, root])
      if (outcome instanceof Error) throw outcome
      return { ...RESULT, ...outcome }
    },
    explain: async ({ command }, _root, { format }) => `plan of ${command.join(' ')} as ${format}\n`,
  }
  const door: HostDoor = {
    connector: async () => ({ connect: async () => Promise.reject(new Error('no daemon is wanted here')) }),
    console: async () => new FakeConsole(),
    watching: async () => Promise.reject(new Error('no engine is wanted here')),
  }
  const status = await runTeu(io, engine, door)
  return { status, ...io.written, requests }
}

const RUN = ['run', '--rootfs', 'host', '--', 'sh', '-c', 'exit 3']

describe('teu run', () => {
  it('runs what follows -- and exits with its status, without a word', async () => {
    const { status, out, err, requests } = await teu(['--root', 'state', ...RUN], { exitCode: 3, status: 3 })
    expect({ status, out, err }).toEqual({ status: 3, out: '', err: '' })
    expect(requests).toEqual([[expect.objectContaining({ command: ['sh', '-c', 'exit 3'] }), '/work dir/state']])
  })

  it('needs no -- as long as the command is last', async () => {
    const { requests } = await teu(['run', '--rootfs', 'host', 'ls', '-l', '--env', 'x'])
    expect(requests[0]?.[0].command).toEqual(['ls', '-l', '--env', 'x'])
  })

  it('shows its usage when it is given nothing', async () => {
    const { status, out, err, requests } = await teu(['run'])
    expect({ status, out, requests }).toEqual({ status: 125, out: '', requests: [] })
    expect(err).toContain('Usage: teu run [options] -- COMMAND [ARGUMENTS]')
    expect(err).toContain('teu: the root file system is missing\n  Give --rootfs DIR')
  })

  it('explains an end that the status alone does not explain', async () => {
    const oom = { cgroup: '/sys/fs/cgroup/x', kills: 1, limitBytes: 67108864n, peakBytes: 67108864n }
    expect((await teu(RUN, { signal: 'SIGKILL', status: 137, oomKilled: true, oom })).err).toBe(
      'teu: sh: killed by the kernel for lack of memory (cgroup /sys/fs/cgroup/x, limit 64 MiB, peak 64 MiB)\n',
    )
    expect((await teu(['run', '--timeout', '10s', ...RUN.slice(1)], { status: 137, timedOut: true })).err).toBe(
      'teu: sh: stopped because its time of 10s was over\n',
    )
    expect((await teu(RUN, { signal: 'SIGSYS', status: 159, seccompKilled: true })).err).toContain('seccomp profile')
  })

  it('prints the report with the output as JSON', async () => {
    const { status, out } = await teu(['run', '--format', 'json', ...RUN.slice(1)], {
      stdout: 'hi\n',
      stdoutBytes: new Uint8Array(3),
      outputTruncated: false,
    })
    expect(status).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ id: 'run-1', exitCode: 0, stdout: 'hi\n' })
    expect(out).not.toContain('stdoutBytes')
  })

  it('shows the time of each step with --trace', async () => {
    const span = { containerId: 'run-1', operation: 'run', stage: 'container', op: 'mount', pointer: '/mounts/0', index: 3 } as const
    const trace = [
      { ...span, startNs: 5_000_000n, endNs: 5_012_300n },
      { ...span, op: 'exec', index: 4, startNs: 5_020_000n, endNs: 5_520_000n },
    ]
    const { err } = await teu(['run', '--trace', ...RUN.slice(1)], { trace })
    expect(err).toContain('      0.0      12.3  container  mount             /mounts/0\n')
    expect(err).toContain('    520.0 µs in 2 steps\n')
  })

  it.each([
    [new TeuError('ERR_TEU_PROCESS_START', 'exec: "x": executable file not found in $PATH', { errno: 'ENOENT' }), 127],
    [new TeuError('ERR_TEU_PROCESS_START', 'exec: "/x": permission denied', { errno: 'EACCES' }), 126],
    [new TeuError('ERR_TEU_PROCESS_START', 'exec: "/": is a directory', { errno: 'EISDIR' }), 126],
    [new TeuError('ERR_TEU_CGROUP', 'Cannot use the cgroup'), 125],
    [new RangeError('bug'), 125],
  ])('exits for %s with %i', async (error, status) => {
    expect(await teu(RUN, error)).toMatchObject({ status, out: '' })
  })

  it('tells people where a failure came from and what to do about it', async () => {
    const error = new TeuError('ERR_TEU_SYSTEM', 'Cannot mount "/x"', {
      step: { index: 7, op: 'attach', stage: 'container' },
      pointer: '/mounts/3',
      remedy: 'Use a directory',
      suppressed: [new Error('rmdir failed')],
    })
    expect((await teu(RUN, error)).err).toBe(
      'teu: Cannot mount "/x"\n' +
        '  asked for by /mounts/3 of the config\n' +
        '  at step 7, attach, in the container stage\n' +
        '  and while cleaning up: Internal error: rmdir failed\n' +
        '  Use a directory\n',
    )
  })

  it.each([
    [{}, true],
    [{ NO_COLOR: '1' }, false],
    [{ NO_COLOR: '' }, true],
    [{ TERM: 'dumb' }, false],
  ])('uses colours on a terminal with %j: %s', async (env, coloured) => {
    const { err } = await teu(RUN, new TeuError('ERR_TEU_SYSTEM', 'no'), { isErrTerminal: () => true, env })
    expect(err.includes('\u001b[31mteu:')).toBe(coloured)
  })
})

describe('teu', () => {
  it('explains a run without doing it', async () => {
    expect(await teu(['explain', ...RUN.slice(1)])).toMatchObject({ status: 0, out: 'plan of sh -c exit 3 as text\n', requests: [] })
    expect((await teu(['explain', '--format', 'json', '--rootfs', 'host', 'ls'])).out).toBe('plan of ls as json\n')
  })

  it('prints its version', async () => {
    expect((await teu(['--version'])).out).toMatch(/^teu \d+\.\d+\.\d+ \(commit /)
    expect(JSON.parse((await teu(['version', '--format', 'json'])).out)).toHaveProperty('spec', '1.3.0')
  })

  it.each([[[]], [['help']], [['--help']], [['help', 'run']], [['run', '--help']]])('prints help for %j', async (args) => {
    const { status, out, err } = await teu(args)
    expect({ status, err }).toEqual({ status: 0, err: '' })
    expect(out).toContain('Usage: teu ')
  })

  it('suggests a command for a mistyped one', async () => {
    const { status, err } = await teu(['rnu'])
    expect(status).toBe(125)
    expect(err).toContain('unknown command "rnu" for teu\n  Did you mean "run"?')
  })
})
