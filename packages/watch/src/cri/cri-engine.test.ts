import { status } from '@grpc/grpc-js'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { EngineEvent } from '../engine-client.ts'
import { ContainerState, PodSandboxState } from '../gen/runtime/v1/runtime.gen.ts'
import { CriFailure, CriServer } from '../testing/cri-server.ts'
import { CriEngine, type CriOptions } from './cri-engine.ts'

async function withServer(body: (server: CriServer, engine: CriEngine) => Promise<void>, options: CriOptions = {}): Promise<void> {
  await using server = await CriServer.start()
  await using engine = new CriEngine(server.path, options)
  await body(server, engine)
}

const recorder = (): { warnings: string[]; logger: { warn: (fields: unknown, message: string) => void } } => {
  const warnings: string[] = []
  return { warnings, logger: { warn: (_, message) => void warnings.push(message) } }
}

describe('CriEngine', () => {
  it('lists containers and sandboxes with the labels of their pods, and reads all sandboxes once', () =>
    withServer(
      async (server, engine) => {
        server.addPod('p1', { labels: { tier: 'front' } })
        server.addPod('p2', { state: PodSandboxState.SANDBOX_NOTREADY })
        server.addContainer('c1', 'p1', { name: 'web', labels: { a: 'b' }, annotations: { note: 'x' } })
        server.addContainer('c2', 'p1', { state: ContainerState.CONTAINER_CREATED })
        server.addContainer('c3', 'p1', { state: ContainerState.CONTAINER_EXITED })
        const engineRef = { type: 'k8s.io/cri-api', id: await engine.id(), api: `unix://${server.path}`, pid: 0 }
        const listed = await engine.list()
        expect(listed).toEqual([
          {
            id: 'c1',
            name: 'web',
            labels: {
              a: 'b',
              'io.kubernetes.annotation/note': 'x',
              'io.kubernetes.pod.name': 'pod-p1',
              'io.kubernetes.pod.namespace': 'shop',
              'io.kubernetes.pod.uid': 'uid-p1',
              'io.kubernetes.container.name': 'web',
            },
            pid: 1_002,
            project: '',
            paused: false,
            startedAt: new Date(1_795_848_782_500),
            privileged: undefined,
            engine: engineRef,
            rucksack: undefined,
          },
          expect.objectContaining({
            id: 'p1',
            name: 'p1',
            pid: 1_000,
            labels: {
              tier: 'front',
              'io.kubernetes.sandbox': '',
              'io.kubernetes.pod.name': 'pod-p1',
              'io.kubernetes.pod.namespace': 'shop',
              'io.kubernetes.pod.uid': 'uid-p1',
            },
          }),
        ])
        expect(await Promise.all(listed.map(({ id }) => engine.inspect(id)))).toEqual(listed)
        expect(server.calls.slice(0, 2)).toEqual(['listContainers', 'listPodSandbox'])
        expect(server.calls.slice(2, 4).sort()).toEqual(['containerStatus', 'podSandboxStatus'])
        expect(server.headers.filter((one) => 'containerd-namespace' in one)).toEqual([])
      },
      { pid: 0 },
    ))

  it('answers for id, version, pid and address', () =>
    withServer(
      async (server, engine) => {
        await engine.attempt()
        expect(await engine.version()).toBe('scripted 1.2.3 [API v1]')
        expect([engine.type, engine.api, engine.pid]).toEqual(['k8s.io/cri-api', `unix://${server.path}`, process.pid])
        expect(await engine.id()).toMatch(/^[A-Za-z0-9_.-]+$/)
        expect((await (await engine.client.runtime()).listContainers({})).containers).toEqual([])
      },
      { pid: process.pid },
    ))

  it('is unavailable, and has no version, when nobody answers', async () => {
    await using engine = new CriEngine('/nonexistent/crio.sock')
    await expect(engine.attempt()).rejects.toMatchObject({
      code: 'ERR_TEU_UNAVAILABLE',
      errno: 'ENOENT',
      remedy: expect.stringContaining('the CRI engine runs'),
    })
    expect(await engine.version()).toBe('')
    await engine[Symbol.asyncDispose]()
    await expect(engine.list()).rejects.toMatchObject({ code: 'ERR_TEU_INVALID_STATE' })
  })

  it('has a version of a reasonable length, whatever the engine says', () =>
    withServer(async (server, engine) => {
      server.hooks.set('version', () => ({ runtimeName: 'n'.repeat(1_000_000) }))
      expect(await engine.version()).toHaveLength(4_096)
    }))

  it('is not supported when only something else listens there', () =>
    withServer(async (server, engine) => {
      server.hooks.set('version', () => {
        throw new CriFailure(status.UNIMPLEMENTED, 'unknown service runtime.v1.RuntimeService')
      })
      await expect(engine.attempt()).rejects.toMatchObject({ code: 'ERR_TEU_UNSUPPORTED' })
      expect(await engine.version()).toBe('')
    }))

  it('refuses other addresses and intervals', () => {
    expect(() => new CriEngine('tcp://localhost:1')).toThrow(expect.objectContaining({ code: 'ERR_TEU_UNSUPPORTED' }))
    for (const pollIntervalMs of [0, -1, Number.NaN, Infinity]) expect(() => new CriEngine('/x', { pollIntervalMs })).toThrow(RangeError)
  })

  it('leaves out what vanishes while a list is made; any other failure fails the list', () =>
    withServer(async (server, engine) => {
      server.addPod('p')
      server.addContainer('c', 'p')
      server.hooks.set('containerStatus', () => {
        throw new CriFailure(status.NOT_FOUND, 'gone')
      })
      expect((await engine.list()).map(({ id }) => id)).toEqual(['p'])
      server.hooks.set('containerStatus', () => {
        throw new CriFailure(status.INTERNAL, 'broken')
      })
      await expect(engine.list()).rejects.toMatchObject({ code: 'ERR_TEU_RUNTIME' })
      server.hooks.set('containerStatus', () => ({ status: { id: 'other', state: ContainerState.CONTAINER_RUNNING } }))
      await expect(engine.list()).rejects.toThrow('has described "other" when it was asked for container "c"')
    }))

  it('tells those that are not alive from those that are not there', () =>
    withServer(async (server, engine) => {
      server.addPod('pod')
      server.addPod('down', { state: PodSandboxState.SANDBOX_NOTREADY })
      server.addContainer('ended', 'pod')
      server.endContainer('ended', 3)
      server.addContainer('made', 'pod', { state: ContainerState.CONTAINER_CREATED })
      await expect(engine.inspect('ended')).rejects.toMatchObject({ code: 'ERR_TEU_NOT_RUNNING', containerId: 'ended', exitCode: 3 })
      for (const id of ['made', 'down']) {
        await expect(engine.inspect(id)).rejects.toMatchObject({ code: 'ERR_TEU_NOT_RUNNING', exitCode: undefined })
      }
      await expect(engine.inspect('nobody')).rejects.toMatchObject({ code: 'ERR_TEU_NOT_FOUND' })
    }))

  it('takes exit codes and times only for what they are', () =>
    withServer(async (server, engine) => {
      server.addPod('p')
      server.addContainer('c', 'p')
      const status = { id: 'c', metadata: { name: '' }, state: ContainerState.CONTAINER_RUNNING, startedAt: 0n }
      server.hooks.set('containerStatus', () => ({ status: { ...status, startedAt: -1n }, info: { info: '{"pid":5}' } }))
      expect(await engine.inspect('c')).toMatchObject({ name: 'c', startedAt: undefined, pid: 5 })
      for (const pid of ['"../tmp/x"', '1e300', '{}']) {
        server.hooks.set('containerStatus', () => ({ status, info: { info: `{"pid":${pid}}` } }))
        await expect(engine.inspect('c')).rejects.toMatchObject({ code: 'ERR_TEU_NOT_RUNNING' })
      }
      server.hooks.set('containerStatus', () => ({ status: { ...status, state: ContainerState.CONTAINER_EXITED, exitCode: -7 } }))
      await expect(engine.inspect('c')).rejects.toMatchObject({ code: 'ERR_TEU_NOT_RUNNING', exitCode: undefined })
    }))

  it('does not take what only begins like the id', () =>
    withServer(async (server, engine) => {
      server.addPod('abc')
      server.addContainer('abd', 'abc')
      for (const id of ['a', 'ab', '']) await expect(engine.inspect(id)).rejects.toMatchObject({ code: 'ERR_TEU_NOT_FOUND' })
    }))

  it('finds a container by its name when only one that is alive has it', () =>
    withServer(async (server, engine) => {
      server.addPod('p')
      server.addContainer('c1', 'p', { name: 'web' })
      server.addContainer('c2', 'p', { name: 'web', state: ContainerState.CONTAINER_EXITED })
      expect(await engine.inspect('web')).toMatchObject({ id: 'c1', labels: { 'io.kubernetes.pod.name': 'pod-p' } })
      server.addContainer('c3', 'p', { name: 'web' })
      await expect(engine.inspect('web')).rejects.toMatchObject({ code: 'ERR_TEU_USAGE' })
    }))

  it('leaves out those whose process the engine does not tell, and says so once', async () => {
    const { warnings, logger } = recorder()
    await withServer(
      async (server, engine) => {
        server.addPod('p', { info: { info: '{"pid":0}' } })
        const texts = ['', '{', 'null', '7', '[]', '{"pid":"7"}', '{"pid":-1}', '{"pid":1.5}', '{"pid":1e9}', '['.repeat(200_000)]
        for (const [n, info] of texts.entries()) server.addContainer(`c${n}`, 'p', { info: { info } })
        server.addContainer('none', 'p', { info: {} })
        expect(await engine.list()).toEqual([])
        await expect(engine.inspect('c1')).rejects.toMatchObject({ code: 'ERR_TEU_NOT_RUNNING' })
        expect(warnings).toEqual(['the engine does not say which process a container has, so it is left out'])
      },
      { logger },
    )
  })

  it('ids and labels with odd characters are no more than text', () =>
    withServer(async (server, engine) => {
      const id = '../../x?y=1\u001b[31m/\u0000 <b>'
      server.addPod(id)
      const labels = { __proto__x: 'y', 'io.kubernetes.pod.name': 'lie', 'io.kubernetes.sandbox': '', 'io.kubernetes.annotation/a': 'lie' }
      server.addContainer(`${id}2`, id, { labels, annotations: JSON.parse('{"__proto__":"z"}') as Record<string, string> })
      const [container, sandbox] = await engine.list()
      expect([container?.id, sandbox?.id]).toEqual([`${id}2`, id])
      expect(await engine.inspect(id)).toEqual(sandbox)
      expect(container?.labels['io.kubernetes.pod.name']).toBe(`pod-${id}`)
      expect(Object.keys(container?.labels ?? {})).not.toContain('io.kubernetes.sandbox')
      expect(Object.keys(container?.labels ?? {})).not.toContain('io.kubernetes.annotation/a')
    }))

  it('an answer that is too big fails, and the connection goes on', () =>
    withServer(async (server, engine) => {
      server.addPod('p', { info: { info: ' '.repeat(17 * 1024 * 1024) } })
      await expect(engine.list()).rejects.toMatchObject({ code: 'ERR_TEU_RUNTIME' })
      server.pods.clear()
      expect(await engine.list()).toEqual([])
    }))

  it('keeps a container that its engine has lost touch with', () =>
    withServer(async (server, engine) => {
      server.addPod('p')
      const container = server.addContainer('c', 'p')
      server.addContainer('never-seen', 'p', { state: ContainerState.CONTAINER_UNKNOWN })
      const before = await engine.list()
      container.state = ContainerState.CONTAINER_UNKNOWN
      expect(await engine.list()).toEqual(before)
      expect(await engine.list()).toEqual(before)
      await expect(engine.inspect('c')).rejects.toMatchObject({ code: 'ERR_TEU_SYSTEM' })
    }))

  it('packs rucksacks of what the engine says, in lists and inspections', () =>
    withServer(
      async (server, engine) => {
        server.addPod('p')
        server.addContainer('c', 'p')
        expect((await engine.list()).map(({ rucksack }) => rucksack)).toEqual([['status', 'pod'], expect.arrayContaining(['info'])])
        expect((await engine.inspect('c')).rucksack).toEqual(['status', 'pod'])
      },
      { packer: (_, raw) => Object.keys(raw as object) },
    ))

  it('a call ends with its signal', () =>
    withServer(async (server, engine) => {
      server.hooks.set('listContainers', () => new Promise(() => {}))
      const abort = new AbortController()
      const listing = engine.list({ signal: abort.signal })
      abort.abort(new Error('enough'))
      await expect(listing).rejects.toThrow('enough')
    }))
})

/** Follows the events until `count` have come, and then hangs up. */
async function heard(engine: CriEngine, count: number, act: () => unknown): Promise<EngineEvent[]> {
  const abort = new AbortController()
  const events: EngineEvent[] = []
  const stream = await engine.lifecycleEvents({ signal: abort.signal })
  act()
  for await (const event of stream) if (events.push(event) === count) break
  abort.abort()
  return events
}

const brief = ({ type, id, exitCode }: EngineEvent): string => `${type} ${id}${exitCode === undefined ? '' : ` (${exitCode})`}`

describe('events of CRI', () => {
  it('tells of starts and ends, with the exit code that rides along, and cancels the stream when nobody listens', () =>
    withServer(async (server, engine) => {
      server.addPod('p')
      server.addContainer('c', 'p')
      const events = await heard(engine, 3, () => {
        server.tell('CREATED', 'c')
        server.tell('STARTED', 'c')
        server.endContainer('c', 7)
        server.tell('STOPPED', 'c')
        server.tell('DELETED', 'c')
        server.tell('STOPPED', 'p', { createdAt: 0n })
      })
      expect(events.map(brief)).toEqual(['started c', 'exited c (7)', 'exited p'])
      expect(events[0]?.timestamp).toEqual(new Date(1_795_848_783_500))
      expect(Math.abs((events[2]?.timestamp.getTime() ?? 0) - Date.now())).toBeLessThan(60_000)
      expect(engine.polling).toBe(false)
      while (server.streams.size > 0) await delay(1)
    }))

  it('what happens before the subscription is in force is found by one look more', () =>
    withServer(
      async (server, engine) => {
        server.addPod('p')
        const events = await heard(engine, 2, () => {
          server.addContainer('new', 'p')
          server.pods.delete('p')
        })
        expect(events.map(brief)).toEqual(['exited p', 'started new'])
        expect(engine.polling).toBe(false)
      },
      { pollIntervalMs: 20 },
    ))

  it.each<[string, CriServer['events']]>([
    ['does not know the call', new CriFailure(status.UNIMPLEMENTED, 'unknown method GetContainerEvents')],
    ['ends the stream at once', 'end'],
    ['says that they are off', new CriFailure(status.UNKNOWN, 'pod events are not enabled')],
  ])('an engine that %s is asked again and again', async (_, answer) => {
    const { warnings, logger } = recorder()
    await withServer(
      async (server, engine) => {
        server.events = answer
        server.addPod('p')
        server.addContainer('c1', 'p')
        server.addContainer('c2', 'p')
        server.addContainer('lost', 'p')
        const events = await heard(engine, 4, () => {
          server.endContainer('c1', 3)
          server.containers.delete('c2')
          Object.assign(server.containers.get('lost') ?? {}, { state: ContainerState.CONTAINER_UNKNOWN })
          server.addPod('p2')
          server.addContainer('c3', 'p2')
          server.addContainer('made', 'p2', { state: ContainerState.CONTAINER_CREATED })
        })
        expect(events.map(brief)).toEqual(['exited c1 (3)', 'exited c2', 'started c3', 'started p2'])
        expect(engine.polling).toBe(true)
        expect(server.calls.filter((name) => name === 'getContainerEvents')).toHaveLength(1)
        expect(warnings).toEqual(['the engine tells of no events, so it is asked again and again'])
      },
      { pollIntervalMs: 20, logger },
    )
  })

  it('an engine that refused everything while it was started is not taken for one without events', () =>
    withServer(async (server, engine) => {
      server.events = new CriFailure(status.UNKNOWN, 'server is not initialized yet')
      server.hooks.set('listContainers', () => {
        server.events = 'stream'
        return { containers: [] }
      })
      const events = await heard(engine, 1, () => server.tell('STARTED', 'c'))
      expect(events.map(brief)).toEqual(['started c'])
      expect(engine.polling).toBe(false)
    }))

  it('an engine that refuses late is asked from then on, and nothing is missed', () =>
    withServer(
      async (server, engine) => {
        const events = await heard(engine, 1, () => {
          server.addPod('p')
          for (const stream of server.streams) stream.end()
        })
        expect(events.map(brief)).toEqual(['started p'])
        expect(engine.polling).toBe(true)
      },
      { pollIntervalMs: 20 },
    ))

  it.each([
    ['a stream that ends after events', (server: CriServer) => (server.tell('STARTED', 'x'), [...server.streams].map((one) => one.end()))],
    ['a daemon that is killed', (server: CriServer) => server.stop()],
  ])('%s is a loss', (_, lose) =>
    withServer(async (server, engine) => {
      await expect(heard(engine, 9, () => lose(server))).rejects.toMatchObject({ code: 'ERR_TEU_UNAVAILABLE' })
      expect(engine.polling).toBe(false)
    }),
  )

  it('a daemon that is killed while it is polled is a loss', () =>
    withServer(
      async (server, engine) => {
        server.events = 'end'
        await expect(heard(engine, 9, () => server.stop())).rejects.toMatchObject({ code: 'ERR_TEU_UNAVAILABLE' })
      },
      { pollIntervalMs: 20 },
    ))

  it('overload is no refusal', () =>
    withServer(async (server, engine) => {
      server.events = new CriFailure(status.UNAVAILABLE, 'too many')
      await expect(heard(engine, 9, () => undefined)).rejects.toMatchObject({ code: 'ERR_TEU_UNAVAILABLE' })
      expect(engine.polling).toBe(false)
    }))

  it('ends with its signal, while it subscribes and while it is polled', () =>
    withServer(
      async (server, engine) => {
        server.events = 'end'
        const abort = new AbortController()
        const stream = await engine.lifecycleEvents({ signal: abort.signal })
        const next = stream[Symbol.asyncIterator]().next()
        abort.abort(new Error('enough'))
        await expect(next).rejects.toThrow('enough')
        server.hooks.set('listContainers', () => new Promise(() => {}))
        const second = new AbortController()
        const subscribing = engine.lifecycleEvents({ signal: second.signal })
        while (server.calls.at(-1) !== 'listPodSandbox') await delay(1)
        second.abort(new Error('enough too'))
        await expect(subscribing).rejects.toThrow('enough too')
      },
      { pollIntervalMs: 1_000_000 },
    ))
})
