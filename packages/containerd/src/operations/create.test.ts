/** What create changes, and what it leaves, when something is wrong. */

import { existsSync, readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { PassThrough } from 'node:stream'
import type { Spec } from '@teu/spec'
import { expect, test } from 'vitest'
import { RpcError, RpcStatus } from '../rpc/status.ts'
import { type FakeClient, PROCESS, SPEC, withFake } from '../testing/fake-client.ts'
import { ServiceMethods } from '../testing/service-methods.ts'

const { containers, tasks } = ServiceMethods

/** Names of the directories of FIFOs. */
async function bundles({ client }: FakeClient): Promise<string[]> {
  const other = await client.create('other', SPEC)
  const parent = dirname((await other.record()).labels['dev.teu/bundle'] ?? '')
  return existsSync(parent) ? readdirSync(parent) : []
}

test.each<[string, Spec, object]>([
  ['config', { ...SPEC, process: { args: [] } } as never, {}],
  ['label', SPEC, { labels: { a: 'x'.repeat(5_000) } }],
  ['option', SPEC, { lables: {} }],
  ['value of an option', SPEC, { snapshotKey: 7 }],
])('replace with an invalid %s leaves the container that runs', (_what, spec, options) =>
  withFake(async ({ client, daemon }) => {
    await client.create('a', SPEC)
    await client.start('a')
    daemon.transport.calls.length = 0
    await expect(client.create('a', spec, { ...options, replace: true })).rejects.toThrow()
    expect(daemon.transport.calls).toEqual([])
    expect(await client.status('a')).toBe('running')
  }),
)

test('an invalid config is told before the container is known to exist', () =>
  withFake(async ({ client }) => {
    await client.create('a', SPEC)
    await expect(client.create('a', { ...SPEC, process: { args: [] } } as never)).rejects.toMatchObject({ code: 'ERR_TEU_CONFIG_INVALID' })
  }))

test('no directory is made until there are FIFOs', () =>
  withFake(async (fake) => {
    await fake.client.create('a', SPEC)
    await fake.client.start('a')
    expect(await bundles(fake)).toEqual([])
  }))

test('replace concludes the life of the container, also when nothing is heard of its end', () =>
  withFake(async ({ client, daemon, until }) => {
    await client.create('a', SPEC)
    await client.start('a')
    const end = client.wait('a')
    daemon.transport.on(tasks.kill, () => {
      daemon.exit('a', 137, { silently: true })
      daemon.process('a').ended.resolve()
      return {}
    })
    daemon.transport.on(tasks.delete, () => {
      daemon.processes.clear()
      return { exitStatus: 137 }
    })
    await client.create('a', SPEC, { replace: true })
    expect(await end).toMatchObject({ exitCode: 137 })
    await client.start('a')
    await until(['create init', 'start init', '~exit init 137', '~delete init', 'create init', 'start init'])
  }))

test('a record whose answer was lost is removed', () =>
  withFake(async (fake) => {
    const { client, daemon } = fake
    const { transport } = daemon
    const serve = transport.before(containers.create, ({ container }) => {
      if (container !== undefined) daemon.containers.set(container.id, container)
      return Promise.reject(new RpcError(RpcStatus.UNAVAILABLE, 'connection dropped', { answered: false }))
    })
    await expect(client.create('a', SPEC)).rejects.toMatchObject({ code: 'ERR_TEU_UNAVAILABLE' })
    serve()
    expect(daemon.containers.has('a')).toBe(false)
    expect(await bundles(fake)).toEqual([])
  }))

test('an abort during the call removes the record that it has made', () =>
  withFake(async (fake) => {
    const { client, daemon } = fake
    const stop = new AbortController()
    const serve = daemon.transport.before(containers.create, () => {
      stop.abort(new Error('enough'))
      return Promise.resolve()
    })
    await expect(client.create('a', SPEC, { signal: stop.signal })).rejects.toThrow('enough')
    serve()
    expect(daemon.containers.has('a')).toBe(false)
    expect(await bundles(fake)).toEqual([])
    await client.create('a', SPEC)
  }))

test('the record of somebody else, made meanwhile, stays', () =>
  withFake(async ({ client, daemon }) => {
    daemon.transport.before(containers.create, async ({ container }) => {
      if (container !== undefined) daemon.containers.set('a', { ...container, labels: { theirs: 'yes' } })
      throw new RpcError(RpcStatus.DEADLINE_EXCEEDED, 'deadline exceeded')
    })
    await expect(client.create('a', SPEC)).rejects.toMatchObject({ code: 'ERR_TEU_TIMEOUT' })
    expect(daemon.containers.get('a')?.labels).toEqual({ theirs: 'yes' })
  }))

test('a record that cannot be looked for is told of', () =>
  withFake(async (fake) => {
    const { client, daemon } = fake
    const { transport } = daemon
    const lost = (): Promise<never> => Promise.reject(new RpcError(RpcStatus.DEADLINE_EXCEEDED, 'deadline exceeded'))
    const restores = [transport.before(containers.create, lost), transport.before(containers.get, lost)]
    await expect(client.create('a', SPEC)).rejects.toMatchObject({
      code: 'ERR_TEU_TIMEOUT',
      suppressed: [expect.objectContaining({ message: expect.stringContaining('whether the record of container "a" was made') })],
    })
    for (const restore of restores) restore()
    expect(await bundles(fake)).toEqual([])
  }))

test.each(['delete', 'create'] as const)(
  'a record that another client has removed: %s takes the container out of the picture, and its directory',
  (name) =>
    withFake(async (fake) => {
      const { client, daemon } = fake
      await client.create('a', SPEC)
      await client.start('a', { stdio: { stdout: new PassThrough() } })
      daemon.containers.delete('a')
      daemon.processes.clear()
      if (name === 'delete') {
        await expect(client.delete('a')).rejects.toMatchObject({ code: 'ERR_TEU_NOT_FOUND' })
        expect(await bundles(fake)).toEqual([])
      }
      await client.create('a', SPEC)
      await client.start('a')
    }),
)

test.each(['start', 'createTask', 'exec'] as const)('an option that %s does not have is refused', (name) =>
  withFake(async ({ client, daemon }) => {
    const handle = await client.create('a', SPEC)
    if (name === 'exec') await handle.start()
    daemon.transport.calls.length = 0
    const wrong = { stdoi: 'null' } as never
    const calls = {
      start: () => handle.start(wrong),
      createTask: () => handle.createTask(wrong),
      exec: () => handle.exec('e1', PROCESS, wrong),
    }
    await expect(calls[name]()).rejects.toThrow(new TypeError(`${name}: there is no option stdoi`))
    expect(daemon.transport.calls).toEqual([])
  }),
)

test('run() and wait() of the client are those of images and containers', () =>
  withFake(async ({ client, daemon }) => {
    await client.create('a', SPEC)
    await client.start('a')
    daemon.exit('a', 3)
    expect(await client.wait('a')).toMatchObject({ exitCode: 3 })
    await expect(client.run('nothing', ['x'], { captrue: true } as never)).rejects.toThrow('runImage: there is no option captrue')
  }))
