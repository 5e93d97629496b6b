import { TeuError } from '@teu/spec'
import { describe, expect, it } from 'vitest'
import { FakeHost, recordOf } from '../testing/fake-host.ts'
import { hostTeu } from '../testing/host-command.ts'

const LONG = '0123456789ab'.padEnd(64, 'c')

function someContainers(): FakeHost {
  const host = new FakeHost()
  host.records = [
    recordOf('web', { createdAt: new Date('2024-01-02T15:00:00Z') }),
    recordOf(LONG, {
      createdAt: new Date('2024-01-02T15:04:30Z'),
      labels: { 'nerdctl/name': 'db' },
      spec: { process: { args: ['/bin/sh', '-c', 'echo a long command'] } },
    }),
    recordOf('done', { createdAt: new Date('2023-12-01T00:00:00Z'), spec: undefined, image: '' }),
    recordOf('made'),
  ]
  host.taskList = new Map([
    ['web', { pid: 7, status: 'paused' }],
    [LONG, { pid: 8, status: 'running' }],
    ['done', { pid: 9, status: 'stopped', exitCode: 3, exitedAt: new Date('2024-01-02T13:05:00Z') }],
  ])
  return host
}

describe('teu ps', () => {
  it('lists what runs, the newest first', async () => {
    expect((await hostTeu(['ps'], { host: someContainers() })).out).toBe(
      'CONTAINER ID   IMAGE                     COMMAND                  CREATED          STATUS        NAMES\n' +
        '0123456789ab   docker.io/library/box:1   "/bin/sh -c echo a l…"   30 seconds ago   Up            db\n' +
        'web            docker.io/library/box:1   "sleep 1000"             5 minutes ago    Up (Paused)   \n',
    )
  })

  it('lists all with --all', async () => {
    const { out } = await hostTeu(['ps', '--all'], { host: someContainers() })
    expect(out).toMatch(/\nmade .* Created +\n/)
    expect(out).toMatch(/\ndone +"" +4 weeks ago +Exited \(3\) 2 hours ago +\n/)
  })

  it('lists ids, in full when asked to', async () => {
    expect((await hostTeu(['ps', '-q'], { host: someContainers() })).out).toBe('0123456789ab\nweb\n')
    expect((await hostTeu(['ps', '-aq', '--no-trunc'], { host: someContainers() })).out).toBe(`${LONG}\nweb\nmade\ndone\n`)
    expect((await hostTeu(['ps', '--no-trunc'], { host: someContainers() })).out).toContain('"/bin/sh -c echo a long command"')
  })

  it('prints an object per line', async () => {
    const { out } = await hostTeu(['ps', '-a', '--format', 'json'], { host: someContainers() })
    const rows = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object)
    expect(rows[0]).toEqual({
      id: LONG,
      image: 'docker.io/library/box:1',
      command: ['/bin/sh', '-c', 'echo a long command'],
      createdAt: '2024-01-02T15:04:30.000Z',
      status: 'running',
      pid: 8,
      name: 'db',
      runtime: 'io.containerd.runc.v2',
      labels: { 'nerdctl/name': 'db' },
    })
    expect(rows[3]).toMatchObject({ id: 'done', status: 'stopped', exitCode: 3, exitedAt: '2024-01-02T13:05:00.000Z', command: [] })
    expect(rows[2]).toMatchObject({ id: 'made', status: 'none' })
  })

  it('lets no text of a container steer the terminal', async () => {
    const host = someContainers()
    host.records = [recordOf('web', { image: 'a\u001b[2Jb', spec: { process: { args: ['\u001b]0;x\u0007'] } } })]
    expect((await hostTeu(['ps'], { host })).out).toContain('a\\x1b[2Jb')
    // oxlint-disable-next-line no-control-regex
    expect((await hostTeu(['ps'], { host })).out).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/)
  })

  it('refuses another format before it connects', async () => {
    expect(await hostTeu(['ps', '--format', 'xml'])).toMatchObject({ status: 125, connections: [] })
  })
})

describe('ids', () => {
  it.each([
    ['web', 'web'],
    ['we', 'web'],
    ['0123', LONG],
    ['db', LONG],
  ])('%s is %s', async (text, id) => {
    const { host, status } = await hostTeu(['kill', text], { host: someContainers() })
    expect(status).toBe(0)
    expect(host.calls.at(-1)).toEqual(['kill', id, 9, { all: false }])
  })

  it('a name that two containers have is none to act on, an id is', async () => {
    const host = someContainers()
    host.records.push(recordOf('fake', { labels: { 'nerdctl/name': 'db' } }), recordOf('thief', { labels: { 'nerdctl/name': 'web' } }))
    const { status, err } = await hostTeu(['kill', 'db'], { host })
    expect(status).toBe(125)
    expect(err).toBe('teu: Cannot kill "db": 2 containers have that name\n  Give an id\n')
    expect(host.calls.filter(([name]) => name === 'kill')).toEqual([])
    await hostTeu(['kill', 'web'], { host })
    expect(host.calls.at(-1)).toEqual(['kill', 'web', 9, { all: false }])
  })

  it('asks the daemon for few', async () => {
    const { host } = await hostTeu(['kill', 'we.b'], { host: someContainers() })
    expect(host.calls).toEqual([['containers', 'id=="we.b"', 'id~="^we[.]b"', 'labels."nerdctl/name"=="we.b"']])
  })

  it.each(['no', '', '../x', 'a"b', 'w*'])('"%s" is none', async (text) => {
    const { status, err } = await hostTeu(['kill', text], { host: someContainers() })
    expect(status).toBe(125)
    expect(err).toBe(
      `teu: Cannot kill "${text}": there is no such container in namespace "default"\n  teu ps --all lists the containers; --namespace chooses others\n`,
    )
  })

  it('must be one', async () => {
    const host = someContainers()
    host.records = [recordOf('web1'), recordOf('web2')]
    const { status, err } = await hostTeu(['rm', 'we'], { host })
    expect(status).toBe(125)
    expect(err).toBe('teu: Cannot remove "we": 2 containers have ids that begin so\n  Give more of the id\n')
  })
})

describe('teu kill', () => {
  it.each([
    [['-s', 'TERM'], 15, false],
    [['--signal', 'sigusr1', '--all'], 10, true],
    [['--signal', '35'], 35, false],
  ])('sends what is asked for with %j', async (options, signal, all) => {
    const { host, out } = await hostTeu(['kill', ...options, 'we', 'done'], { host: someContainers() })
    expect(out).toBe('we\ndone\n')
    expect(host.calls.filter(([name]) => name === 'kill')).toEqual([
      ['kill', 'web', signal, { all }],
      ['kill', 'done', signal, { all }],
    ])
  })

  it.each([
    [['-s', 'NOPE', 'web'], 'unknown signal "NOPE"'],
    [['-s', '0', 'web'], 'there is no signal 0'],
    [[], '"kill" takes at least 1 argument'],
  ])('refuses %j before it connects', async (args, message) => {
    const { status, err, connections } = await hostTeu(['kill', ...args])
    expect({ status, connections }).toEqual({ status: 125, connections: [] })
    expect(err).toContain(message)
  })

  it('goes on after a failure, and tells each', async () => {
    const host = someContainers()
    host.failures.set('kill web', new TeuError('ERR_TEU_NOT_FOUND', 'Cannot signal container "web": process already finished'))
    const { status, out, err } = await hostTeu(['kill', 'web', 'nope', 'done'], { host })
    expect({ status, out }).toEqual({ status: 125, out: 'done\n' })
    expect(err).toBe(
      'teu: Cannot signal container "web": process already finished\n' +
        'teu: Cannot kill "nope": there is no such container in namespace "default"\n' +
        '  teu ps --all lists the containers; --namespace chooses others\n',
    )
  })
})

describe('teu stop', () => {
  it('asks as the image or the caller wants it, for as long as the caller wants', async () => {
    const host = someContainers()
    const label = 'io.containerd.image.config.stop-signal'
    host.records.push(recordOf('quits', { labels: { [label]: 'SIGQUIT' } }), recordOf('odd', { labels: { [label]: '\u001b[2J' } }))
    const { out, status } = await hostTeu(['stop', 'web', 'quits', 'odd'], { host })
    expect({ out, status }).toEqual({ out: 'web\nquits\nodd\n', status: 0 })
    await hostTeu(['stop', '-s', 'USR1', '-t', '1m', 'quits'], { host })
    expect(host.calls.filter(([name]) => name === 'stop')).toEqual([
      ['stop', 'web', { signal: 15, timeoutMs: 10_000 }],
      ['stop', 'quits', { signal: 3, timeoutMs: 10_000 }],
      ['stop', 'odd', { signal: 15, timeoutMs: 10_000 }],
      ['stop', 'quits', { signal: 10, timeoutMs: 60_000 }],
    ])
  })

  it.each([
    [['-s', '0', 'web'], 'there is no signal 0'],
    [['-t', 'soon', 'web'], '--timeout: expected a duration'],
    [[], '"stop" takes at least 1 argument'],
  ])('refuses %j before it connects', async (args, message) => {
    const { status, err, connections } = await hostTeu(['stop', ...args])
    expect({ status, connections }).toEqual({ status: 125, connections: [] })
    expect(err).toContain(message)
  })
})

describe('teu start', () => {
  it('starts each, and says of one that runs that it does', async () => {
    const host = someContainers()
    host.failures.set('start web', new TeuError('ERR_TEU_INVALID_STATE', 'Cannot delete the task', { from: 'paused' }))
    const { out, err, status } = await hostTeu(['start', 'web', 'done'], { host })
    expect({ out, err, status }).toEqual({ out: 'done\n', err: 'teu: Cannot start "web": it is paused\n', status: 125 })
  })
})

describe('teu rm', () => {
  it.each([
    [[], false],
    [['--force'], true],
    [['-f'], true],
  ])('removes with %j', async (options, force) => {
    const { host, out, status } = await hostTeu(['rm', ...options, 'web', 'web', 'done'], { host: someContainers() })
    expect({ out, status }).toEqual({ out: 'web\ndone\n', status: 0 })
    expect(host.calls.filter(([name]) => name === 'remove')).toEqual([
      ['remove', 'web', { force }],
      ['remove', 'done', { force }],
    ])
  })
})

describe('teu rm of a container that runs', () => {
  it('says what to do', async () => {
    const host = someContainers()
    host.failures.set('remove', new TeuError('ERR_TEU_INVALID_STATE', 'Cannot delete the task', { from: 'running' }))
    const { err, status } = await hostTeu(['rm', 'we'], { host })
    expect({ err, status }).toEqual({ err: 'teu: Cannot remove "we": it is running\n  Stop it first, or use --force\n', status: 125 })
  })
})

describe('teu inspect', () => {
  it('prints record, task and config', async () => {
    const host = someContainers()
    host.records[0] = recordOf('web', {
      runtime: { name: 'r', options: { typeUrl: 'containerd.runc.v1.Options', value: new Uint8Array(3) } },
      extensions: { 'a.b': { typeUrl: 't', value: new Uint8Array(1) } },
    })
    const { out, status } = await hostTeu(['inspect', 'we', 'made'], { host })
    expect(status).toBe(0)
    const [web, made] = JSON.parse(out) as [Record<string, unknown>, Record<string, unknown>]
    expect(web).toMatchObject({
      id: 'web',
      createdAt: '2024-01-02T15:00:00.000Z',
      runtime: { name: 'r', optionsType: 'containerd.runc.v1.Options' },
      extensions: { 'a.b': 't' },
      task: { pid: 7, status: 'paused' },
      spec: { process: { args: ['sleep', '1000'] } },
    })
    expect(made).not.toHaveProperty('task')
  })

  it('shows what it has found, and fails for the rest', async () => {
    const { out, err, status } = await hostTeu(['inspect', 'nope', 'web'], { host: someContainers() })
    expect(status).toBe(125)
    expect(JSON.parse(out)).toMatchObject([{ id: 'web' }])
    expect(err).toContain('Cannot inspect "nope"')
  })
})
