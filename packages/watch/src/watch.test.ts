import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { RestServer } from './testing/rest-server.ts'
import { ScriptedEngine } from './testing/scripted-engine.ts'
import { openEngine, watch } from './watch.ts'

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
    expect(() => openEngine('tcp://localhost')).toThrow(expect.objectContaining({ code: 'ERR_TEU_UNSUPPORTED' }))
  })
})
