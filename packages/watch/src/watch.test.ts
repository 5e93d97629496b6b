import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { DOCKER } from './docker/source.ts'
import { watchAll } from './merged/merged-watcher.ts'
import { json, RestServer } from './testing/rest-server.ts'
import { ScriptedEngine } from './testing/scripted-engine.ts'
import { openConfigured, openEngine, watch } from './watch.ts'

describe('watch()', () => {
  it('watches a client at once, until it is disposed', async () => {
    const engine = new ScriptedEngine()
    engine.start('a')
    const watcher = watch(engine)
    await watcher.ready()
    expect(watcher.portfolio.size).toBe(1)
    expect([watcher.type, watcher.api, watcher.pid, watcher.client, await watcher.id(), await watcher.version()]).toEqual([
      'scripted',
      'unix:///scripted',
      42,
      'the client below',
      'scripted-1',
      '1.0',
    ])
    await watcher[Symbol.asyncDispose]()
    expect(engine.disposed).toBe(1)
  })

  it('ends with its signal', async () => {
    const abort = new AbortController()
    const watcher = watch(new ScriptedEngine(), { signal: abort.signal })
    const events = watcher.events({ replay: false })
    abort.abort()
    expect(await events.next()).toMatchObject({ done: true })
  })

  it.each(['its signal', 'its backoff'])('closes the connection when %s ends it, as a disposal does', async (what) => {
    const abort = new AbortController()
    const engine = new ScriptedEngine()
    engine.down = what === 'its backoff'
    const watcher = watch(engine, { signal: abort.signal, backoff: () => undefined })
    if (engine.down) await expect(watcher.ready()).rejects.toMatchObject({ errno: 'ECONNREFUSED' })
    else {
      await watcher.ready()
      abort.abort()
    }
    await vi.waitFor(() => expect(engine.disposed).toBe(1))
    await watcher[Symbol.asyncDispose]()
    expect(engine.disposed).toBe(1)
  })

  it('checks its options', () => {
    expect(() => watch(new ScriptedEngine(), { concurrency: 0 })).toThrow(RangeError)
    expect(() => watch(new ScriptedEngine(), { resyncIntervalMs: -1 })).toThrow(RangeError)
  })
})

describe('openEngine()', () => {
  it('knows sockets by their names, or is told', () => {
    expect(openEngine('/nonexistent/docker.sock').type).toBe('docker.com')
    expect(openEngine('unix:///nonexistent/podman.sock')).toMatchObject({ type: 'podman.io', api: 'unix:///nonexistent/podman.sock' })
    expect(openEngine('/nonexistent/other', { type: 'podman.io' }).type).toBe('podman.io')
    expect(openEngine('/nonexistent/containerd.sock', { namespaces: ['shop'] }).type).toBe('containerd.io')
  })

  it('follows links: /run/docker.sock may be that of Podman', async () => {
    await using server = await RestServer.start('podman.sock', () => undefined)
    const link = join(server.dir, 'docker.sock')
    symlinkSync(server.path, link)
    expect(openEngine(link).type).toBe('podman.io')
  })

  it('says what it needs to know', () => {
    expect(() => openEngine('/run/something')).toThrow(expect.objectContaining({ code: 'ERR_TEU_USAGE', path: '/run/something' }))
    expect(() => openEngine('/run/docker.sock', { type: 'x' })).toThrow('there is no engine type "x"')
    expect(() => openEngine('http://localhost')).toThrow(expect.objectContaining({ code: 'ERR_TEU_UNSUPPORTED' }))
    expect(() => openEngine('tcp://localhost:x')).toThrow(expect.objectContaining({ code: 'ERR_TEU_USAGE' }))
    expect(() => openEngine('tcp://localhost', { type: 'k8s.io/cri-api' })).toThrow(
      expect.objectContaining({ code: 'ERR_TEU_UNSUPPORTED' }),
    )
  })

  it('takes what is behind tcp and ssh for Docker, with or without TLS', () => {
    vi.stubEnv('DOCKER_TLS_VERIFY', '')
    vi.stubEnv('DOCKER_CERT_PATH', '')
    expect(openEngine('tcp://[::1]')).toMatchObject({ type: 'docker.com', api: 'tcp://[::1]:2375' })
    expect(openEngine('tcp://host', { tls: {} }).api).toBe('tcp://host:2376')
    expect(openEngine('ssh://me@host/run/docker.sock').api).toBe('ssh://me@host/run/docker.sock')
    expect(openEngine('tcp://host:1', { type: 'podman.io' })).toMatchObject({ type: 'podman.io', api: 'tcp://host:1' })
    vi.stubEnv('DOCKER_TLS_VERIFY', '1')
    expect(openEngine('tcp://host').api).toBe('tcp://host:2376')
    expect(openEngine('tcp://host', { tls: false }).api).toBe('tcp://host:2375')
    expect(openEngine('/nonexistent/docker.sock').api).toBe('unix:///nonexistent/docker.sock')
    expect(() => openEngine('/nonexistent/docker.sock', { tls: {} })).toThrow(expect.objectContaining({ code: 'ERR_TEU_USAGE' }))
    vi.unstubAllEnvs()
  })
})

describe('openConfigured()', () => {
  it('is what docker is configured for, or the usual socket', async () => {
    expect(openConfigured({}, {}).api).toMatch(/^unix:\/\//)
    expect(openConfigured({}, { DOCKER_HOST: 'tcp://a:1', DOCKER_TLS_VERIFY: '1' }).api).toBe('tcp://a:1')
    expect(openConfigured({}, { DOCKER_HOST: 'unix:///nonexistent/some' })).toMatchObject({ type: 'docker.com' })
    expect(openConfigured({}, { DOCKER_HOST: 'unix:///nonexistent/podman.sock' })).toMatchObject({ type: 'podman.io' })
    expect(() => openConfigured({}, { DOCKER_HOST: 'nonsense' })).toThrow(expect.objectContaining({ code: 'ERR_TEU_UNSUPPORTED' }))
  })

  it('is part of the view of all engines, and in it once', async () => {
    await using server = await RestServer.start('docker.sock', (target, response) => {
      if (target === '/_ping') response.writeHead(200, { 'api-version': '1.41' }).end('OK')
      else if (target === '/info') json(response, { ID: 'one' })
      else if (target.startsWith('/containers/json')) json(response, [])
    })
    const link = join(server.dir, 'link')
    symlinkSync(server.path, link)
    const sources = [{ ...DOCKER, sockets: [server.path], processes: [] }]
    const find = { sources, proc: server.dir, users: server.dir }
    const warnings: string[] = []
    const logger = { warn: (_: unknown, message: string) => void warnings.push(message) }
    for (const [host, apis] of [
      [`unix://${link}`, [`unix://${server.path}`]],
      ['unix:///nonexistent/docker.sock', ['unix:///nonexistent/docker.sock', `unix://${server.path}`]],
      ['nonsense', [`unix://${server.path}`]],
    ] as const) {
      await using all = watchAll({ env: { DOCKER_HOST: host }, find, discoverIntervalMs: Infinity, logger })
      await all.ready()
      expect(all.watchers.map(({ api }) => api)).toEqual(apis)
    }
    expect(warnings).toEqual(['cannot watch the engine that docker is configured for'])
  })
})
