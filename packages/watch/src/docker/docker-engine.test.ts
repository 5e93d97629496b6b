import { describe, expect, it } from 'vitest'
import { NotAliveError } from '../engine-client.ts'
import { type Answer, json, RestServer } from '../testing/rest-server.ts'
import { negotiateVersion } from './api-version.ts'
import { DockerEngine } from './docker-engine.ts'

const state = (Pid: number, more: object = {}): object => ({
  Pid,
  Paused: false,
  ExitCode: 0,
  StartedAt: '2026-11-28T07:00:00.5Z',
  FinishedAt: '0001-01-01T00:00:00Z',
  ...more,
})
const documents: Record<string, object> = {
  one: { Id: 'one', Name: '/web', Config: { Labels: { a: 'b' } }, State: state(11), HostConfig: { Privileged: true } },
  two: { Id: 'two', Name: '/db', Config: { Labels: null }, State: state(12, { Paused: true }) },
  ended: { Id: 'ended', Name: '/ended', State: state(0, { ExitCode: 3, FinishedAt: '2026-11-28T07:00:01Z' }) },
  created: { Id: 'created', Name: '/created', State: state(0) },
}

const engine: Answer = (target, response) => {
  const [path = ''] = target.split('?')
  const id = /^\/containers\/(\w+)\/json$/.exec(path)?.[1]
  if (path === '/_ping') response.writeHead(200, { 'api-version': '1.41' }).end('OK')
  else if (path === '/info') json(response, { ID: 'D:1', ServerVersion: '20.10' })
  else if (path === '/containers/json')
    json(
      response,
      ['one', 'vanished', 'two', 'ended'].map((Id) => ({ Id })),
    )
  else if (id !== undefined && documents[id] !== undefined) json(response, documents[id])
  else json(response, { message: 'no' }, id === 'broken' ? 500 : 404)
}

describe('DockerEngine', () => {
  it('asks for the id with each connection: another engine may have taken the place; what is not told then stays', async () => {
    let info: object = { ID: 'first' }
    await using server = await RestServer.start('docker.sock', (target, response, request) => {
      if (target === '/info') json(response, info, 'ID' in info ? 200 : 500)
      else engine(target, response, request)
    })
    await using docker = new DockerEngine(server.path)
    const ids: string[] = []
    for (const next of [info, { ID: 'second' }, { message: 'not now' }]) {
      info = next
      await docker.attempt()
      ids.push(await docker.id())
    }
    expect(ids).toEqual(['first', 'second', 'second'])
    expect((await docker.inspect('one')).engine.id).toBe('second')
  })

  it('lists what is alive, and leaves out what has vanished meanwhile', async () => {
    await using server = await RestServer.start('docker.sock', engine)
    await using docker = new DockerEngine(`unix://${server.path}`, { pid: 42 })
    const containers = await docker.list()
    const ref = { type: 'docker.com', id: 'D:1', api: `unix://${server.path}`, pid: 42 }
    expect(containers).toEqual([
      {
        id: 'one',
        name: 'web',
        labels: { a: 'b' },
        pid: 11,
        project: '',
        paused: false,
        startedAt: new Date('2026-11-28T07:00:00.5Z'),
        privileged: true,
        engine: ref,
        rucksack: undefined,
      },
      expect.objectContaining({ id: 'two', labels: {}, paused: true }),
    ])
    expect([docker.pid, await docker.id(), await docker.version()]).toEqual([42, 'D:1', '20.10'])
    expect(server.targets.filter((target) => target.startsWith('/v1.41/containers/json?filters='))).toHaveLength(1)
    expect(server.targets.filter((target) => target.endsWith('/info'))).toHaveLength(2)
  })

  it('a list with a container that cannot be read fails', async () => {
    await using server = await RestServer.start('docker.sock', (target, response, request) => {
      if (target.startsWith('/containers/json')) json(response, [{ Id: 'one' }, { Id: 'broken' }])
      else engine(target, response, request)
    })
    await using docker = new DockerEngine(server.path)
    await expect(docker.list()).rejects.toMatchObject({ code: 'ERR_TEU_SYSTEM' })
  })

  it('tells those that are not alive from those that are not there', async () => {
    await using server = await RestServer.start('docker.sock', engine)
    await using docker = new DockerEngine(server.path)
    const ended: unknown = await docker.inspect('ended').catch((error: unknown) => error)
    expect(ended).toBeInstanceOf(NotAliveError)
    expect(ended).toMatchObject({ code: 'ERR_TEU_NOT_RUNNING', containerId: 'ended', exitCode: 3 })
    await expect(docker.inspect('created')).rejects.toMatchObject({ code: 'ERR_TEU_NOT_RUNNING', exitCode: undefined })
    await expect(docker.inspect('nobody')).rejects.toMatchObject({ code: 'ERR_TEU_NOT_FOUND' })
  })

  it.each([
    ['a path for a pid', { Pid: '../tmp/fifo' }],
    ['an object for a pid', { Pid: { a: 1 } }],
    ['a pid beyond all', { Pid: 1e300 }],
    ['no state', undefined],
  ])('%s is an error, and no end of the container', async (_, State) => {
    await using server = await RestServer.start('docker.sock', (target, response, request) => {
      if (target === '/containers/one/json') json(response, { ...documents['one'], State })
      else engine(target, response, request)
    })
    await using docker = new DockerEngine(server.path)
    await expect(docker.inspect('one')).rejects.toMatchObject({ code: 'ERR_TEU_SYSTEM' })
    await expect(docker.list()).rejects.toMatchObject({ code: 'ERR_TEU_SYSTEM' })
  })

  it.each([
    ['a list that is none', { a: 1 }],
    ['a list of nothing', [null]],
    ['a list of numbers', [{ Id: 5 }]],
    ['an endless id', [{ Id: 'a'.repeat(5_000) }]],
  ])('%s is an error', async (_, list) => {
    await using server = await RestServer.start('docker.sock', (target, response, request) => {
      if (target.startsWith('/containers/json')) json(response, list)
      else engine(target, response, request)
    })
    await using docker = new DockerEngine(server.path)
    await expect(docker.list()).rejects.toMatchObject({ code: 'ERR_TEU_SYSTEM' })
  })

  it('takes labels, times, privilege and exit codes only for what they are', async () => {
    let State: object = state(11, { StartedAt: 1e300, Paused: 'yes' })
    await using server = await RestServer.start('docker.sock', (target, response, request) => {
      if (target !== '/containers/one/json') return engine(target, response, request)
      const Labels = { a: 'b', 'com.docker.compose.project': { a: 1 }, n: 5 }
      json(response, { Id: 'one', Name: '/web', Config: { Labels }, State, HostConfig: { Privileged: '\u001b[2J' } })
    })
    await using docker = new DockerEngine(server.path)
    expect(await docker.inspect('one')).toMatchObject({
      labels: { a: 'b' },
      project: '',
      startedAt: undefined,
      paused: false,
      privileged: undefined,
    })
    State = state(0, { ExitCode: '\u001b]0;title\u001b\\', FinishedAt: '2026-11-28T07:00:01Z' })
    await expect(docker.inspect('one')).rejects.toMatchObject({ code: 'ERR_TEU_NOT_RUNNING', exitCode: undefined })
  })

  it('packs rucksacks; a packer that throws costs the rucksack only', async () => {
    await using server = await RestServer.start('docker.sock', engine)
    const warnings: string[] = []
    await using docker = new DockerEngine(server.path, {
      packer: ({ name }, raw) => {
        if (name === 'db') throw new Error('mine')
        return Object.keys(raw as object).length
      },
      logger: { warn: (_, message) => void warnings.push(message) },
    })
    expect((await docker.list()).map(({ rucksack }) => rucksack)).toEqual([5, undefined])
    expect(warnings).toEqual(['the packer has thrown'])
  })

  it('asks for events since before the connection, and after a loss since the last one', async () => {
    const event = (Action: string, timeNano: number): string =>
      `${JSON.stringify({ Type: 'container', Action, Actor: { ID: 'one', Attributes: {} }, timeNano })}\n`
    await using server = await RestServer.start('docker.sock', (target, response, request) => {
      if (!target.startsWith('/events')) return engine(target, response, request)
      response.end(`${event('start', 1_700_000_000_250.5 * 1e6)}${event('exec_die', 1_700_000_009_000 * 1e6)}`)
    })
    await using docker = new DockerEngine(server.path)
    const signal = new AbortController().signal
    const heard: string[] = []
    const follow = async (): Promise<void> => {
      for await (const { type, id } of await docker.lifecycleEvents({ signal })) heard.push(`${type} ${id}`)
    }
    for (let n = 0; n < 2; n++) await expect(follow()).rejects.toThrow('has ended its stream')
    expect(heard).toEqual(['started one', 'started one'])
    const since = server.targets.flatMap((target) => /^\/v1\.41\/events\?since=([\d.]+)/.exec(target)?.[1] ?? [])
    expect(Math.abs(Date.now() / 1000 - Number(since[0]))).toBeLessThan(10)
    expect(since[1]).toBe('1700000000.250')
  })

  it('does not take Podman for Docker, unless it is told to', async () => {
    await using server = await RestServer.start('docker.sock', (_, response) => {
      response.writeHead(200, { 'api-version': '1.41', 'libpod-api-version': '4.3.1' }).end('OK')
    })
    await using docker = new DockerEngine(server.path)
    await expect(docker.attempt()).rejects.toMatchObject({ code: 'ERR_TEU_UNSUPPORTED' })
    await using other = new DockerEngine(server.path, { type: 'something.else' })
    await other.attempt()
    expect(other.type).toBe('something.else')
  })

  it('has neither id nor version when nobody answers', async () => {
    await using docker = new DockerEngine('/nonexistent/docker.sock')
    expect([await docker.id(), await docker.version()]).toEqual(['', ''])
  })
})

it('the version of the API is the newest in common', () => {
  expect(['1.24', '1.41', '1.44', '1.52', '2.0'].map((one) => negotiateVersion(one))).toEqual(['1.24', '1.41', '1.44', '1.44', '1.44'])
  for (const version of ['1.23', '', 'x']) {
    expect(() => negotiateVersion(version)).toThrow(expect.objectContaining({ code: 'ERR_TEU_UNSUPPORTED' }))
  }
})

it('the version of the API can be chosen, if the engine knows it', () => {
  expect(negotiateVersion('1.44', '1.30')).toBe('1.30')
  expect(() => negotiateVersion('1.41', '1.42')).toThrow(expect.objectContaining({ code: 'ERR_TEU_UNSUPPORTED' }))
  for (const wanted of ['1.23', 'v1.40', 'x', '1.40/../..']) {
    expect(() => negotiateVersion('1.44', wanted)).toThrow(expect.objectContaining({ code: 'ERR_TEU_USAGE' }))
  }
})
