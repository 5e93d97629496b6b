import { TeuError } from '@teu/spec'
import { describe, expect, it } from 'vitest'
import { FakeConsole } from '../testing/fake-console.ts'
import { FakeHost, recordOf } from '../testing/fake-host.ts'
import { hostTeu } from '../testing/host-command.ts'
import type { TaskEvent, Usage } from './host.ts'

const MIB = 1024 * 1024
const READ = new Date('2024-01-02T15:00:00Z')
const usage = (cpuMs: number, seconds: number): Usage => ({
  read: new Date(READ.getTime() + seconds * 1000),
  cpuMs,
  memoryBytes: 16 * MIB,
  limitBytes: 64 * MIB,
  pids: 3,
  readBytes: 2048,
  writeBytes: 0,
})

function running(): FakeHost {
  const host = new FakeHost()
  host.records = [recordOf('web', { labels: { 'nerdctl/name': 'shop' } }), recordOf('done')]
  host.taskList = new Map([
    ['web', { pid: 7, status: 'running' }],
    ['done', { pid: 9, status: 'stopped' }],
  ])
  host.usages = [usage(100, 0), usage(350, 1)]
  return host
}

describe('teu stats', () => {
  it('compares two moments', async () => {
    expect((await hostTeu(['stats', '--no-stream'], { host: running() })).out).toBe(
      'CONTAINER ID   NAME        CPU %       MEM USAGE / LIMIT   MEM %       BLOCK I/O     PIDS\n' +
        'web            shop        25.00%      16 MiB / 64 MiB     25.00%      2 KiB / 0 B   3\n',
    )
  })

  it('prints an object per line', async () => {
    const { out, status } = await hostTeu(['stats', '--no-stream', '--format', 'json', 'web'], { host: running() })
    expect(status).toBe(0)
    expect(JSON.parse(out)).toEqual({
      id: 'web',
      name: 'shop',
      cpuPercent: 25,
      memoryBytes: 16 * MIB,
      memoryLimitBytes: 64 * MIB,
      memoryPercent: 25,
      readBytes: 2048,
      writeBytes: 0,
      pids: 3,
    })
  })

  it('goes on until it is interrupted', async () => {
    const console = new FakeConsole()
    console.terminals = ['stdout']
    let pauses = 0
    console.whilePausing = () => {
      if (++pauses === 2) console.send('SIGINT')
    }
    const { out, status } = await hostTeu(['stats'], { host: running(), console })
    expect(status).toBe(0)
    expect(out.split('\u001b[H\u001b[J')).toHaveLength(2)
    expect(console.left).toBe(0)
  })

  it('ends with the containers that were named', async () => {
    const host = running()
    const console = new FakeConsole()
    console.whilePausing = () => host.failures.set('usage', new TeuError('ERR_TEU_NOT_FOUND', 'gone'))
    const { status, out } = await hostTeu(['stats', 'web'], { host, console })
    expect(status).toBe(0)
    expect(out).not.toContain('web')
  })

  it('fails for a container that does not run', async () => {
    const host = running()
    host.failures.set('usage', new TeuError('ERR_TEU_NOT_FOUND', 'Cannot read the metrics of container "done": no task'))
    expect(await hostTeu(['stats', '--no-stream', 'done'], { host })).toMatchObject({ status: 125, out: '' })
    expect((await hostTeu(['stats', 'nope'], { host })).err).toContain('Cannot read the statistics of "nope"')
  })
})

describe('teu events', () => {
  const event = (more: Partial<TaskEvent>): TaskEvent => ({
    type: 'start',
    containerId: 'web',
    processId: 'init',
    pid: 7,
    oomKilled: false,
    timestamp: READ,
    source: 'stream',
    known: false,
    ...more,
  })
  const host = (): FakeHost => {
    const one = new FakeHost()
    one.eventList = [
      event({}),
      event({ type: 'exec-started', processId: 'e\u001b', pid: 8 }),
      event({
        type: 'exit',
        containerId: 'db',
        exitCode: 137,
        exitedAt: READ,
        oomKilled: true,
        source: 'resync',
        error: new Error('lost'),
      }),
    ]
    return one
  }

  it('prints a line for each', async () => {
    const { out, status } = await hostTeu(['events'], { host: host() })
    expect(status).toBe(0)
    expect(out).toBe(
      '2024-01-02T15:00:00.000Z container start web (pid=7)\n' +
        '2024-01-02T15:00:00.000Z container exec-started web (process=e\\x1b, pid=8)\n' +
        '2024-01-02T15:00:00.000Z container exit db (pid=7, exitCode=137, oomKilled=true)\n',
    )
  })

  it('prints an object for each', async () => {
    const { out } = await hostTeu(['events', '--format', 'json'], { host: host() })
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown)
    expect(lines[0]).toEqual({
      type: 'start',
      containerId: 'web',
      processId: 'init',
      pid: 7,
      oomKilled: false,
      timestamp: '2024-01-02T15:00:00.000Z',
    })
    expect(lines[2]).toMatchObject({ exitCode: 137, source: 'resync', error: 'lost' })
  })

  it.each([
    [['type=start'], 1],
    [['event=start', 'type=exit'], 2],
    [['container=w'], 2],
    [['container=web', 'type=exit'], 0],
    [['container=web', 'container=db'], 3],
  ])('filters by %j', async (filters, count) => {
    const { out } = await hostTeu(['events', ...filters.flatMap((filter) => ['--filter', filter])], { host: host() })
    expect(out.split('\n').length - 1).toBe(count)
  })

  it.each([
    [['--filter', 'type=stop'], '--filter: unknown type "stop"'],
    [['--filter', 'image=x'], '--filter: expected type=TYPE or container=ID, got "image=x"'],
    [['--filter', 'start'], '--filter: expected'],
    [['--format', 'xml'], '--format: expected table or json'],
  ])('refuses %j before it connects', async (args, message) => {
    const { err, connections, status } = await hostTeu(['events', ...args])
    expect({ status, connections }).toEqual({ status: 125, connections: [] })
    expect(err).toContain(message)
  })
})
