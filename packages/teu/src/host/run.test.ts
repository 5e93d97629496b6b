import { TeuError } from '@teu/spec'
import { describe, expect, it } from 'vitest'
import { FakeConsole } from '../testing/fake-console.ts'
import { FakeHost, type FakeProcess } from '../testing/fake-host.ts'
import { hostTeu } from '../testing/host-command.ts'
import type { HostRunRequest } from './host.ts'

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2))

/** A daemon whose programs do this. */
function hostDoing(body: (process: FakeProcess) => void): FakeHost {
  const host = new FakeHost()
  host.process.body = body
  return host
}

function terminal(): FakeConsole {
  const console = new FakeConsole()
  console.terminals = ['stdin', 'stdout', 'stderr']
  console.currentSize = { columns: 80, rows: 24 }
  return console
}

const requestOf = (host: FakeHost): HostRunRequest => host.calls.find(([name]) => name === 'create')?.[1] as HostRunRequest

describe('teu run IMAGE', () => {
  it('asks for nothing that was not given', async () => {
    const { host, status, out, err } = await hostTeu(['run', 'box'])
    expect({ status, out, err }).toEqual({ status: 0, out: '', err: '' })
    expect(requestOf(host)).toEqual({
      image: 'box',
      labels: {},
      program: {
        command: [],
        env: [],
        mounts: [],
        readonly: false,
        capAdd: [],
        capDrop: [],
        terminal: false,
        interactive: false,
        capture: false,
        trace: false,
      },
    })
    expect(host.calls.at(-1)).toEqual(['remove new'])
  })

  it('passes on what was', async () => {
    const options = '--env A=1 --user app:9 --workdir /srv --memory 64m --cpus 0.5 --pids 20 --network host --read-only --name n'
    const more = '--entrypoint /bin/x --platform linux/arm64 -l a=b=c --label d --runtime crun --cap-add NET_RAW --hostname h'
    const mount = ['--mount', 'type=tmpfs,dst=/t']
    const { host } = await hostTeu(['run', ...options.split(' '), ...more.split(' '), ...mount, 'box', 'a', '--name', 'b'])
    expect(requestOf(host)).toMatchObject({
      image: 'box',
      entrypoint: '/bin/x',
      platform: 'linux/arm64',
      labels: { a: 'b=c', d: '' },
      runtime: 'crun',
      program: {
        command: ['a', '--name', 'b'],
        env: ['A=1'],
        user: 'app:9',
        cwd: '/srv',
        memoryBytes: 67108864,
        cpus: 0.5,
        pids: 20,
        network: 'host',
        readonly: true,
        id: 'n',
        hostname: 'h',
        capAdd: ['NET_RAW'],
        mounts: [{ type: 'tmpfs', destination: '/t', readonly: false }],
      },
    })
  })

  it('takes a directory in place of an image', async () => {
    const { host } = await hostTeu(['run', '--rootfs', 'dir', '--runtime', './bin/crun', '--', 'sh', '-c', 'x'])
    expect(requestOf(host)).toMatchObject({
      runtime: '/work dir/./bin/crun',
      program: { rootfs: '/work dir/dir', command: ['sh', '-c', 'x'] },
    })
    expect(requestOf(host)).not.toHaveProperty('image')
  })

  it.each([
    [[], 'the image is missing'],
    [['--rootfs', 'x'], 'the command to run is missing'],
    [['--rootfs', '', 'x'], '--rootfs: expected a directory'],
    [['--rootfs', 'host', 'x'], '--rootfs host: a daemon cannot put an overlay'],
    [['--rootfs', 'd', '--entrypoint', 'e', 'x'], '--entrypoint: cannot be used with --rootfs'],
    [['--rootfs', 'd', '--platform', 'e', 'x'], '--platform: cannot be used with --rootfs'],
    [['-b', 'd'], '--bundle: cannot be used with a daemon'],
    [['--trace', 'x'], '--trace: cannot be used with a daemon'],
    [['--format', 'json', 'x'], '--format: cannot be used with a daemon'],
    [['-di', 'x'], '--interactive: cannot be used with --detach'],
    [['-dt', 'x'], '--tty: cannot be used with --detach'],
    [['-d', '--timeout', '1s', 'x'], '--timeout: cannot be used with --detach'],
    [['-d', '--rm', 'x'], '--rm: cannot be used with --detach'],
    [['--label', '=x', 'x'], '--label: expected NAME=VALUE'],
    [['--runtime', '', 'x'], '--runtime: expected a name or a path'],
    [['--network', 'bridge', 'x'], '--network: expected none or host'],
    [['--timeout', '0', 'x'], '--timeout: expected a duration'],
    [['--publish', '80', 'x'], 'unknown option --publish'],
    [['-it', 'x'], '--tty with --interactive: the input is not a terminal'],
  ])('refuses %j before it connects', async (args, message) => {
    const { status, out, err, connections } = await hostTeu(['run', ...args])
    expect({ status, out, connections }).toEqual({ status: 125, out: '', connections: [] })
    expect(err).toContain(message)
  })

  it('ends with the status of the program, when all output is out', async () => {
    const host = hostDoing((process) => {
      process.write('stdout', 'to stdout\n')
      process.write('stderr', 'to stderr\n')
      process.end(3)
    })
    const { status, console } = await hostTeu(['run', 'box'], { host })
    expect(status).toBe(3)
    expect(console.written).toEqual({ stdout: 'to stdout\n', stderr: 'to stderr\n' })
    expect(host.process.streams).not.toHaveProperty('stdin')
    expect(console.left).toBe(0)
  })

  it('connects stdin with -i', async () => {
    const host = hostDoing((process) => void process.streams?.stdin?.once('data', (data: Buffer) => process.end(data.length)))
    const console = new FakeConsole()
    console.keyboard.write('12345')
    expect((await hostTeu(['run', '-i', 'box'], { host, console })).status).toBe(5)
  })

  it.each([
    ['', 137, true],
    ['--rm=false', 137, false],
  ])('stops a program whose output nobody reads any more: %s', async (option, status, isRemoved) => {
    const console = new FakeConsole()
    console.broken = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })
    const host = hostDoing((process) => process.write('stdout', 'y\n'))
    const outcome = await hostTeu(['run', ...(option === '' ? [] : [option]), 'box'], { host, console })
    expect(outcome.status).toBe(status)
    expect(host.process.calls).toContain('kill SIGKILL')
    expect(host.calls.some(([name]) => name === 'remove new')).toBe(isRemoved)
  })

  it('explains an end that the status alone does not explain', async () => {
    const killed = hostDoing((process) => process.end(137, { oomKilled: true }))
    expect((await hostTeu(['run', 'box'], { host: killed })).err).toBe('teu: box: the kernel killed in it for lack of memory\n')
    const lost = hostDoing((process) => process.end(255, { error: new Error('the shim has gone') }))
    expect((await hostTeu(['run', 'box'], { host: lost })).err).toBe('teu: box: its exit status is not known: the shim has gone\n')
    const slow = hostDoing(() => undefined)
    expect(await hostTeu(['run', '--timeout', '20ms', 'box'], { host: slow })).toMatchObject({
      status: 137,
      err: 'teu: box: stopped because its time of 20ms was over\n',
    })
  })

  it.each([
    [new TeuError('ERR_TEU_PROCESS_START', 'Cannot start', { errno: 'ENOENT' }), 127],
    [new TeuError('ERR_TEU_PROCESS_START', 'Cannot start', { errno: 'EACCES' }), 126],
    [new TeuError('ERR_TEU_SYSTEM', 'Cannot start'), 125],
  ])('removes what could not be started: %s', async (error, status) => {
    for (const options of [[], ['-d'], ['--rm=false']]) {
      const host = new FakeHost()
      host.process.startError = error
      expect(await hostTeu(['run', ...options, 'box'], { host })).toMatchObject({ status, err: 'teu: Cannot start\n', out: '' })
      expect(host.calls.at(-1)).toEqual(['remove new'])
    }
  })

  it('tells of what it could not remove', async () => {
    const host = new FakeHost()
    host.failures.set('remove new', new TeuError('ERR_TEU_BUSY', 'Cannot remove it'))
    expect(await hostTeu(['run', 'box'], { host })).toMatchObject({ status: 0, err: 'teu: Cannot remove it\n' })
    host.process.startError = new TeuError('ERR_TEU_SYSTEM', 'Cannot start')
    expect(await hostTeu(['run', 'box'], { host })).toMatchObject({
      status: 125,
      err: 'teu: Cannot start\n  and while cleaning up: Cannot remove it\n',
    })
  })

  it('keeps the container with --rm=false', async () => {
    const { host, status } = await hostTeu(['run', '--rm=false', 'box'])
    expect(status).toBe(0)
    expect(host.calls.map(([name]) => name)).toEqual(['create'])
  })

  it('prints the id with --detach, and leaves it', async () => {
    const { host, status, out } = await hostTeu(['run', '-d', '--name', 'web', 'box'])
    expect({ status, out }).toEqual({ status: 0, out: 'web\n' })
    expect(host.process.streams).toEqual({})
    expect(host.calls.map(([name]) => name)).toEqual(['create'])
  })
})

describe('signals', () => {
  it('go to the program', async () => {
    const console = new FakeConsole()
    const host = hostDoing((process) => {
      console.send('SIGTERM')
      console.send('SIGUSR1')
      process.end(9)
    })
    expect((await hostTeu(['run', 'box'], { host, console })).status).toBe(9)
    expect(host.process.calls).toEqual(['start', 'kill SIGTERM', 'kill SIGUSR1'])
    expect(console.left).toBe(0)
  })

  it.each([
    [['run', '-d', 'box'], 1],
    // The first one may be meant for a program whose start is not answered yet.
    [['run', 'box'], 2],
  ])('end %j before there is a program', async (line, count) => {
    const console = new FakeConsole()
    const host = new FakeHost()
    host.process.starting = new Promise(() => undefined)
    const outcome = hostTeu(line, { host, console })
    while (host.process.calls.length === 0) await turn()
    for (let n = 0; n < count; n++) console.send('SIGINT')
    expect(await outcome).toMatchObject({ status: 130, out: '', err: '' })
    expect(host.calls.at(-1)).toEqual(['remove new'])
    expect(host.isDisposed).toBe(true)
  })

  it('wait for a program that is being started', async () => {
    const console = new FakeConsole()
    const host = hostDoing((process) => process.end(process.calls.includes('kill SIGTERM') ? 9 : 0))
    let go: () => void = () => undefined
    host.process.starting = new Promise<void>((resolve) => (go = resolve))
    const outcome = hostTeu(['run', 'box'], { host, console })
    while (host.process.calls.length === 0) await turn()
    console.send('SIGTERM')
    go()
    expect((await outcome).status).toBe(9)
  })

  it('may come when the program has just ended', async () => {
    const console = new FakeConsole()
    const host = hostDoing((process) => {
      process.killError = new TeuError('ERR_TEU_NOT_FOUND', 'process already finished')
      console.send('SIGTERM')
      process.end(0)
    })
    expect(await hostTeu(['run', 'box'], { host, console })).toMatchObject({ status: 0, err: '' })
  })

  it('end the command when the daemon is away', async () => {
    const console = new FakeConsole()
    const host = hostDoing((process) => {
      process.killError = new TeuError('ERR_TEU_SYSTEM', 'Cannot signal: no connection')
      console.send('SIGINT')
    })
    expect(await hostTeu(['run', 'box'], { host, console })).toMatchObject({ status: 125, err: 'teu: Cannot signal: no connection\n' })
    expect(console.left).toBe(0)
  })
})

describe('a terminal', () => {
  it('is raw while the program runs, and follows its size', async () => {
    const console = terminal()
    const host = hostDoing((process) => {
      expect(console.raw).toEqual([true])
      console.resize({ columns: 132, rows: 50 })
      process.write('stdout', 'screen')
      process.end(0)
    })
    const { status } = await hostTeu(['run', '-it', 'box'], { host, console })
    expect(status).toBe(0)
    expect(console.raw).toEqual([true, false])
    expect(console.written.stdout).toBe('screen')
    expect(host.process.streams?.size).toEqual({ columns: 80, rows: 24 })
    expect(host.process.streams).not.toHaveProperty('stderr')
    expect(requestOf(host)).toMatchObject({ size: { columns: 80, rows: 24 }, program: { terminal: true } })
    expect(host.process.calls).toEqual(['start', 'resize 132x50'])
    expect(console.left).toBe(0)
  })

  it('is given back when the program cannot be started', async () => {
    const console = terminal()
    const host = new FakeHost()
    host.process.startError = new TeuError('ERR_TEU_SYSTEM', 'no')
    expect((await hostTeu(['run', '-it', 'box'], { host, console })).status).toBe(125)
    expect({ raw: console.raw, left: console.left }).toEqual({ raw: [true, false], left: 0 })
  })

  it('stays as it is without -i', async () => {
    const console = terminal()
    await hostTeu(['run', '-t', 'box'], { console })
    expect(console.raw).toEqual([])
  })
})
