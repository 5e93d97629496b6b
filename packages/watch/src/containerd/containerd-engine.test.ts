import { describe, expect, it } from 'vitest'
import { NotAliveError } from '../engine-client.ts'
import { FakeContainerd, Status } from '../../test/support/fake-containerd.ts'
import { ContainerdEngine } from './containerd-engine.ts'
import { DOCKER_BUNDLE_LABEL } from './names.ts'

const COMPOSER = 'com.docker.compose.project'

describe('ContainerdEngine: lists', () => {
  it('what is alive, in all namespaces but that of Docker', async () => {
    const daemon = new FakeContainerd()
    daemon.add('default/web', { [COMPOSER]: 'shop' })
    daemon.add('shop/0123', { 'nerdctl/name': 'db' }, Status.PAUSED)
    daemon.add('shop/pausing', {}, Status.PAUSING)
    daemon.add('shop/created', {}, Status.CREATED)
    daemon.add('shop/stopped', {}, Status.STOPPED)
    daemon.add('moby/4711')
    daemon.records.set('empty/record', daemon.records.get('default/web') as never)
    await using engine = new ContainerdEngine(daemon.api())
    const ref = { type: 'containerd.io', id: 'uuid-1', api: 'unix:///fake/containerd.sock', pid: 4711 }
    const containers = await engine.list()
    expect(containers[0]).toEqual({
      id: 'web',
      name: 'web',
      labels: { [COMPOSER]: 'shop' },
      pid: 100,
      project: 'shop',
      paused: false,
      startedAt: undefined,
      privileged: undefined,
      engine: ref,
      rucksack: undefined,
    })
    expect(containers.slice(1).map(({ id, name, paused }) => [id, name, paused])).toEqual([
      ['shop/0123', 'shop/db', true],
      ['shop/pausing', 'shop/pausing', true],
    ])
    expect([await engine.id(), await engine.version(), engine.pid]).toEqual(['uuid-1', '1.6.20 abc', 4711])
  })

  it('with an id and a version of reasonable lengths, whatever the daemon says', async () => {
    const daemon = new FakeContainerd()
    daemon.uuid = 'u'.repeat(1_000_000)
    daemon.version = 'v'.repeat(1_000_000)
    await using engine = new ContainerdEngine(daemon.api())
    expect([(await engine.id()).length, (await engine.version()).length]).toEqual([4_096, 4_096])
  })

  it('a thousand containers with two calls', async () => {
    const daemon = new FakeContainerd()
    for (let n = 0; n < 1_000; n++) daemon.add(`default/c${n}`)
    await using engine = new ContainerdEngine(daemon.api())
    await engine.id()
    daemon.transport.calls.length = 0
    expect(await engine.list()).toHaveLength(1_000)
    expect(daemon.transport.names()).toEqual(['Namespaces.list', 'Tasks.list', 'Containers.listStream'])
    expect(daemon.transport.calls[2]?.request).toMatchObject({ filters: [] })
    // The daemon waits two seconds for each shim that hangs.
    expect(daemon.transport.calls.slice(1).map(({ options }) => options.timeoutMs)).toEqual([0, 0])
  })

  it('asks for few records by their ids', async () => {
    const daemon = new FakeContainerd()
    for (let n = 0; n < 100; n++) daemon.add(`default/c${n}`, {}, Status.STOPPED)
    daemon.add('default/web')
    await using engine = new ContainerdEngine(daemon.api())
    expect(await engine.list()).toHaveLength(1)
    expect(daemon.transport.calls.at(-1)?.request).toMatchObject({ filters: ['id=="web"'] })
  })

  it('a task whose record was deleted under it is alive, without labels', async () => {
    const daemon = new FakeContainerd()
    daemon.add('default/web', { a: 'b' })
    daemon.records.clear()
    await using engine = new ContainerdEngine(daemon.api())
    expect(await engine.list()).toMatchObject([{ id: 'web', name: 'web', labels: {} }])
  })

  it('tells of those whose shim does not answer: they are neither alive nor dead', async () => {
    const daemon = new FakeContainerd()
    Object.assign(daemon.add('shop/hung', {}, Status.UNKNOWN), { pid: 0 })
    daemon.add('shop/web')
    await using engine = new ContainerdEngine(daemon.api())
    const unknown: string[] = []
    expect(await engine.list({ unknown: (id) => unknown.push(id) })).toMatchObject([{ id: 'shop/web' }])
    expect(unknown).toEqual(['shop/hung'])
    await expect(engine.inspect('shop/hung')).rejects.toMatchObject({ code: 'ERR_TEU_RUNTIME', containerId: 'shop/hung' })
  })

  it('one namespace that cannot be read fails the list', async () => {
    const daemon = new FakeContainerd()
    daemon.add('default/web')
    await using engine = new ContainerdEngine(daemon.api())
    await engine.id()
    daemon.goDown()
    await expect(engine.list()).rejects.toMatchObject({ code: 'ERR_TEU_UNAVAILABLE', errno: 'ECONNREFUSED' })
  })

  it('only the namespaces that it was told, or not those', async () => {
    const daemon = new FakeContainerd()
    for (const key of ['default/a', 'shop/b', 'k8s.io/c', 'moby/d']) daemon.add(key)
    const ids = async (options: object): Promise<string[]> => {
      await using engine = new ContainerdEngine(daemon.api(), options)
      return (await engine.list()).map(({ id }) => id)
    }
    expect(await ids({ namespaces: ['shop', 'none', 'shop'] })).toEqual(['shop/b'])
    expect(await ids({ namespaces: ['shop', 'moby'] })).toEqual(['shop/b', 'moby/d'])
    expect(await ids({ namespaces: ['shop', 'moby'], ignoreNamespaces: ['shop'] })).toEqual(['moby/d'])
    expect(await ids({ ignoreNamespaces: ['k8s.io', 'moby'] })).toEqual(['a', 'shop/b'])
    expect(await ids({ ignoreNamespaces: [] })).toEqual(['a', 'shop/b', 'k8s.io/c', 'moby/d'])
  })

  it('containers of a dockerd that was told to use another namespace are left to it', async () => {
    const daemon = new FakeContainerd()
    const id = '4711'.repeat(16)
    daemon.add(`elsewhere/${id}`, { [DOCKER_BUNDLE_LABEL]: `/run/docker/containerd/${id}` })
    await using engine = new ContainerdEngine(daemon.api())
    expect(await engine.list()).toEqual([])
    await expect(engine.inspect(`elsewhere/${id}`)).rejects.toMatchObject({ code: 'ERR_TEU_NOT_FOUND' })
    await using all = new ContainerdEngine(daemon.api(), { ignoreNamespaces: [] })
    expect(await all.list()).toHaveLength(1)
  })

  it('a label does not hide a container: an image may have it, too', async () => {
    const daemon = new FakeContainerd()
    const id = 'abcd'.repeat(16)
    const bundle = { [DOCKER_BUNDLE_LABEL]: `/run/docker/containerd/${id}` }
    daemon.add('k8s.io/miner', { [DOCKER_BUNDLE_LABEL]: '/run/docker/containerd/miner' })
    daemon.add(`k8s.io/${id}`, { [DOCKER_BUNDLE_LABEL]: '/run/docker/x' })
    daemon.add(`a/${id}`, { [DOCKER_BUNDLE_LABEL]: id })
    daemon.add(`b/${id}`, { ...bundle, 'io.cri-containerd.kind': 'container' })
    daemon.add(`c/${id}`, bundle)
    daemon.records.get(`c/${id}`)!.image = 'docker.io/library/miner:1'
    daemon.add(`d/${id}`, bundle)
    daemon.records.get(`d/${id}`)!.extensions = {
      'io.cri-containerd.container.metadata': { typeUrl: 'x', value: new Uint8Array() } as never,
    }
    await using engine = new ContainerdEngine(daemon.api())
    const ids = (await engine.list()).map((one) => one.id)
    expect(ids).toEqual(['k8s.io/miner', `k8s.io/${id}`, `a/${id}`, `b/${id}`, `c/${id}`, `d/${id}`])
    for (const one of ids) expect(await engine.inspect(one)).toMatchObject({ id: one })
  })

  it('a task with an endless id fails the list', async () => {
    const daemon = new FakeContainerd()
    daemon.add('default/web')
    daemon.add(`default/${'a'.repeat(5_000)}`)
    await using engine = new ContainerdEngine(daemon.api())
    await expect(engine.list()).rejects.toMatchObject({ code: 'ERR_TEU_SYSTEM' })
  })

  it('a live task without a possible process is not known, which is not gone', async () => {
    const daemon = new FakeContainerd()
    daemon.add('default/web').pid = 2 ** 31
    daemon.add('default/none').pid = 0
    await using engine = new ContainerdEngine(daemon.api())
    const unknown: string[] = []
    expect(await engine.list({ unknown: (id) => unknown.push(id) })).toEqual([])
    expect(unknown).toEqual(['web', 'none'])
    await expect(engine.inspect('web')).rejects.toMatchObject({ code: 'ERR_TEU_RUNTIME' })
  })

  it('packs in lists and in inspections, with the raw details', async () => {
    const daemon = new FakeContainerd()
    daemon.add('shop/web', { a: 'b' })
    const packer = (_: unknown, raw: unknown): unknown => raw
    await using engine = new ContainerdEngine(daemon.api(), { packer })
    const details = { namespace: 'shop', record: { id: 'web', labels: { a: 'b' } }, task: { pid: 100, status: 'running' } }
    expect((await engine.list())[0]?.rucksack).toMatchObject(details)
    expect((await engine.inspect('shop/web')).rucksack).toMatchObject(details)
  })
})

describe('ContainerdEngine: inspections', () => {
  it('by id, and by the name that nerdctl has given', async () => {
    const daemon = new FakeContainerd()
    daemon.add('default/web')
    daemon.add('shop/0123', { 'nerdctl/name': 'db' })
    await using engine = new ContainerdEngine(daemon.api(), { pid: 42 })
    expect(await engine.inspect('web')).toMatchObject({ id: 'web', name: 'web' })
    expect(await engine.inspect('shop/0123')).toMatchObject({ id: 'shop/0123', name: 'shop/db' })
    expect(await engine.inspect('shop/db')).toMatchObject({ id: 'shop/0123', name: 'shop/db' })
    expect(engine.pid).toBe(42)
  })

  it('tells those that are not alive from those that are not there', async () => {
    const daemon = new FakeContainerd()
    daemon.add('default/record')
    daemon.tasks.clear()
    daemon.add('default/created', {}, Status.CREATED)
    daemon.add('default/ended', {}, Status.STOPPED).exitStatus = 3
    daemon.add('moby/docker')
    await using engine = new ContainerdEngine(daemon.api())
    for (const [id, exitCode] of [
      ['record', undefined],
      ['created', undefined],
      ['ended', 3],
    ] as const) {
      const error = await engine.inspect(id).catch((one: unknown) => one)
      expect(error).toBeInstanceOf(NotAliveError)
      expect(error).toMatchObject({ exitCode })
    }
    for (const id of ['none', 'shop/none', 'moby/docker', '', 'shop/']) {
      await expect(engine.inspect(id)).rejects.toMatchObject({ code: 'ERR_TEU_NOT_FOUND' })
    }
  })

  it('of an id, nobody looks for a name', async () => {
    const daemon = new FakeContainerd()
    daemon.add('shop/0123', { 'nerdctl/name': 'db' })
    await using engine = new ContainerdEngine(daemon.api())
    await expect(engine.inspect('shop/db', { byId: true })).rejects.toMatchObject({ code: 'ERR_TEU_NOT_FOUND' })
    expect(daemon.transport.names()).not.toContain('Containers.list')
  })
})

describe('ContainerdEngine: the connection', () => {
  it('id and version are empty when nobody answers, or the daemon is closed', async () => {
    const daemon = new FakeContainerd()
    daemon.goDown()
    const engine = new ContainerdEngine(daemon.api())
    expect([await engine.id(), await engine.version()]).toEqual(['', ''])
    await expect(engine.attempt()).rejects.toMatchObject({ code: 'ERR_TEU_UNAVAILABLE' })
    await engine[Symbol.asyncDispose]()
    await engine[Symbol.asyncDispose]()
    expect(await engine.version()).toBe('')
    await expect(engine.list()).rejects.toMatchObject({ code: 'ERR_TEU_INVALID_STATE' })
  })

  it('each attempt after a failed one makes a new connection, and asks who is there', async () => {
    const daemon = new FakeContainerd()
    await using engine = new ContainerdEngine(daemon.api())
    await engine.attempt()
    await engine.attempt()
    expect([daemon.connections, await engine.id()]).toEqual([1, 'uuid-1'])
    daemon.goDown()
    await expect(engine.attempt()).rejects.toThrow('ECONNREFUSED')
    daemon.comeBack()
    daemon.uuid = 'uuid-2'
    await engine.attempt()
    expect([daemon.connections, await engine.id()]).toEqual([2, 'uuid-2'])
  })

  it('takes lists of names as namespaces only', () => {
    for (const bad of ['shop', [7], ['']]) {
      expect(() => new ContainerdEngine('/x.sock', { namespaces: bad as string[] })).toThrow(TypeError)
      expect(() => new ContainerdEngine('/x.sock', { ignoreNamespaces: bad as string[] })).toThrow('ignoreNamespaces must be')
    }
  })

  it('takes Unix sockets only', () => {
    expect(new ContainerdEngine().api).toBe('unix:///run/containerd/containerd.sock')
    expect(() => new ContainerdEngine('tcp://localhost')).toThrow(expect.objectContaining({ code: 'ERR_TEU_UNSUPPORTED' }))
  })
})
