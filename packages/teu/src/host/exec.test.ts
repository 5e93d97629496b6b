import { TeuError } from '@teu/spec'
import { describe, expect, it } from 'vitest'
import { FakeConsole } from '../testing/fake-console.ts'
import { FakeHost, recordOf } from '../testing/fake-host.ts'
import { hostTeu } from '../testing/host-command.ts'

function running(): FakeHost {
  const host = new FakeHost()
  host.records = [recordOf('web')]
  host.taskList = new Map([['web', { pid: 7, status: 'running' }]])
  return host
}

const processOf = (host: FakeHost): unknown => host.calls.find(([name]) => name === 'exec')?.[2]

describe('teu exec', () => {
  it("starts from the container's own process", async () => {
    const host = running()
    host.process.body = (process) => process.end(4)
    expect(await hostTeu(['exec', 'we', 'ls', '-l', '-e'], { host })).toMatchObject({ status: 4, out: '', err: '' })
    expect(host.calls.find(([name]) => name === 'exec')?.[1]).toBe('web')
    expect(processOf(host)).toEqual({
      args: ['ls', '-l', '-e'],
      env: ['PATH=/bin'],
      cwd: '/srv',
      user: { uid: 5, gid: 5 },
      terminal: false,
    })
  })

  it('applies the options', async () => {
    const host = running()
    const options = ['-e', 'A=1', '--env', 'HOME', '-u', 'app', '-w', '/tmp']
    await hostTeu(['exec', ...options, 'web', 'ls'], { host, io: { env: { HOME: '/h' } } })
    expect(processOf(host)).toMatchObject({ env: ['PATH=/bin', 'A=1', 'HOME=/h'], cwd: '/tmp', user: { uid: 1000, gid: 1000 } })
    expect(host.calls).toContainEqual(['userOf', 'app', 7])
  })

  it('gives a terminal of the right size', async () => {
    const host = running()
    const console = new FakeConsole()
    console.terminals = ['stdin', 'stdout']
    console.currentSize = { columns: 80, rows: 24 }
    await hostTeu(['exec', '-it', 'web', 'sh'], { host, console })
    expect(processOf(host)).toMatchObject({ terminal: true, env: ['PATH=/bin', 'TERM=xterm'], consoleSize: { width: 80, height: 24 } })
    expect(host.process.streams?.size).toEqual({ columns: 80, rows: 24 })
    expect(console.raw).toEqual([true, false])
  })

  it('makes do with a config that says nothing', async () => {
    const host = running()
    host.records = [recordOf('web', { spec: undefined })]
    await hostTeu(['exec', 'web', 'ls'], { host })
    expect(processOf(host)).toMatchObject({ args: ['ls'], cwd: '/', user: { uid: 0, gid: 0 }, env: [] })
  })

  it('returns at once with --detach', async () => {
    const host = running()
    host.process.body = () => undefined
    expect(await hostTeu(['exec', '-d', 'web', 'sleep', '100'], { host })).toMatchObject({ status: 0, out: '', err: '' })
    expect(host.process.streams).toEqual({})
  })

  it.each([
    [['web'], 'the command to run is missing'],
    [['-di', 'web', 'ls'], '--interactive: cannot be used with --detach'],
    [['-dt', 'web', 'ls'], '--tty: cannot be used with --detach'],
    [['-it', 'web', 'ls'], 'the input is not a terminal'],
    [['-e', '=', 'web', 'ls'], '--env: expected NAME=VALUE'],
  ])('refuses %j before it connects', async (args, message) => {
    const { status, err, connections } = await hostTeu(['exec', ...args], { host: running() })
    expect({ status, connections }).toEqual({ status: 125, connections: [] })
    expect(err).toContain(message)
  })

  it.each([
    [new TeuError('ERR_TEU_PROCESS_START', 'no', { errno: 'ENOENT' }), 127],
    [new TeuError('ERR_TEU_PROCESS_START', 'no', { errno: 'EACCES' }), 126],
    [new TeuError('ERR_TEU_NOT_RUNNING', 'no'), 125],
  ])('exits for %s with %i', async (error, status) => {
    const host = running()
    host.process.startError = error
    expect(await hostTeu(['exec', 'web', 'ls'], { host })).toMatchObject({ status, err: 'teu: no\n' })
  })

  it('looks names up in a container that runs only', async () => {
    const host = running()
    host.taskList = new Map([['web', { pid: 7, status: 'stopped' }]])
    expect((await hostTeu(['exec', '-u', 'app', 'web', 'ls'], { host })).err).toBe(
      'teu: Cannot exec in "web": the container is not running\n',
    )
  })
})
