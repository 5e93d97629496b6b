/** What is found after the connection was lost. */

import { describe, expect, test, vi } from 'vitest'
import { protobufAny } from '../any.ts'
import { Containerd } from '../containerd.ts'
import { MetricsSchema } from '../gen/containerd/cgroups/v1/metrics.gen.ts'
import { TaskExecStartedSchema, TaskPausedSchema, TaskResumedSchema } from '../gen/containerd/events/events.gen.ts'
import { Events } from '../gen/containerd/services/events/v1/events.gen.ts'
import { Tasks } from '../gen/containerd/services/tasks/v1/tasks.gen.ts'
import { Status } from '../gen/containerd/v1/types/task.gen.ts'
import { Health, ServingStatus } from '../gen/grpc/health/v1/health.gen.ts'
import { RpcError, RpcStatus } from '../rpc/status.ts'
import { PROCESS, settled, SPEC, withFake, type FakeClient } from '../testing/fake-client.ts'
import { FakeDaemon } from '../testing/fake-daemon.ts'

const LIFE = ['create init', 'start init']

async function running({ client, until }: FakeClient, ...ids: string[]): Promise<void> {
  for (const id of ids) {
    await client.create(id, SPEC)
    await client.start(id)
    await until(LIFE, id)
  }
}

describe('after a lost connection', () => {
  test('ends, starts, pauses and vanished tasks of that time are told once', () =>
    withFake(async (fake) => {
      const { client, daemon, until, names } = fake
      await running(fake, 'ended', 'gone', 'other', 'frozen', 'alive')
      await client.create('made', SPEC)
      await client.container('made').createTask()
      await client.create('new', SPEC)
      daemon.lose()
      daemon.exit('ended', 3, { silently: true })
      daemon.processes.delete('gone/')
      daemon.processes.delete('other/')
      daemon.add('other', '', Status.RUNNING)
      daemon.process('frozen').status = Status.PAUSED
      daemon.process('made').status = Status.RUNNING
      daemon.add('new', '', Status.RUNNING)
      daemon.back()
      await until([...LIFE, '~exit init 3'], 'ended')
      await until([...LIFE, '~exit init 255', '~delete init'], 'gone')
      await until([...LIFE, '~exit init 255', '~delete init', '~start init'], 'other')
      await until([...LIFE, '~paused init'], 'frozen')
      await until(['create init', '~start init'], 'made')
      await until(['~start init'], 'new')
      expect(names('alive')).toEqual(LIFE)
      // A shim's repeated event comes late.
      daemon.tellExit('ended', daemon.process('ended').pid, 3)
      await settled()
      expect(names('ended')).toEqual([...LIFE, '~exit init 3'])
      daemon.exit('alive', 0)
      await until([...LIFE, 'exit init 0'], 'alive')
      expect(daemon.subscriptions).toBe(2)
    }))

  test('execs are compared too, and those that could not be deleted are', () =>
    withFake(async (fake) => {
      const { client, daemon, events } = fake
      await running(fake, 'a')
      for (const id of ['e1', 'e2', 'e3', 'e4']) await client.exec('a', id, PROCESS)
      const restore = daemon.transport.before(Tasks.method.deleteProcess, () =>
        Promise.reject(new RpcError(RpcStatus.UNAVAILABLE, 'gone', { answered: false })),
      )
      daemon.exit('a', 6, { execId: 'e4' })
      await settled()
      restore()
      daemon.lose()
      daemon.exit('a', 5, { execId: 'e1', silently: true })
      daemon.processes.delete('a/e2')
      daemon.back()
      await settled(400)
      const exits = events.filter(({ type }) => type === 'exit').map(({ processId, exitCode, source }) => [processId, exitCode, source])
      expect(exits).toEqual([
        ['e4', 6, 'stream'],
        ['e1', 5, 'resync'],
        ['e2', 255, 'resync'],
      ])
      expect(await client.container('a').execs()).toMatchObject([{ id: 'e3' }])
      expect([...daemon.processes.keys()]).toEqual(['a/', 'a/e3'])
    }))

  test('an unknown status says nothing', () =>
    withFake(async (fake) => {
      const { client, daemon, names } = fake
      await running(fake, 'a')
      daemon.lose()
      daemon.process('a').status = Status.UNKNOWN
      const { pid } = daemon.process('a')
      daemon.process('a').pid = 0
      daemon.back()
      await settled(300)
      expect(names()).toEqual(LIFE)
      expect(await client.status('a')).toBe('unknown')
      daemon.process('a').pid = pid
    }))

  test('events that are lost while a subscription is not registered yet are found', () =>
    withFake(async (fake) => {
      const { daemon, until } = fake
      await running(fake, 'a')
      daemon.lose()
      daemon.registerMs = 150
      daemon.back()
      while (daemon.subscriptions < 2) await settled(5)
      // Told to nobody.
      daemon.exit('a', 8)
      await until([...LIFE, '~exit init 8'])
    }))

  test('starts that are answered before events come in again are told, before their ends and once', () =>
    withFake(async (fake) => {
      const { client, daemon, until, names } = fake
      await running(fake, 'a')
      await client.create('b', SPEC)
      await client.create('c', SPEC)
      daemon.lose()
      daemon.registerMs = 150
      daemon.back()
      while (daemon.subscriptions < 2) await settled(5)
      // Events of all this are told to nobody.
      const pid = await client.exec('a', 'e1', PROCESS)
      await client.start('b')
      await client.start('c')
      daemon.exit('c', 3)
      await until([...LIFE, '~exec-added e1', '~exec-started e1'])
      await until(['~create init', '~start init'], 'b')
      await until(['~create init', '~start init', '~exit init 3'], 'c')
      // A shim's repeated event comes late.
      daemon.tell('/tasks/exec-started', TaskExecStartedSchema, { containerId: 'a', execId: 'e1', pid })
      daemon.exit('a', 4, { execId: 'e1' })
      await until([...LIFE, '~exec-added e1', '~exec-started e1', 'exit e1 4'])
      expect(names('b')).toEqual(['~create init', '~start init'])
    }))

  test('all that calls did before events come in again is told, in order, each task before the next', () =>
    withFake(async (fake) => {
      const { client, daemon, until, names } = fake
      await running(fake, 'a')
      daemon.lose()
      daemon.registerMs = 150
      daemon.back()
      while (daemon.subscriptions < 2) await settled(5)
      daemon.transport.on(Tasks.method.pause, () => ({}))
      daemon.transport.on(Tasks.method.resume, () => ({}))
      const a = client.container('a')
      await a.pause()
      await a.resume()
      await a.exec('e1', PROCESS)
      daemon.exit('a', 9, { execId: 'e1' })
      await a.deleteTask({ force: true })
      await a.start()
      await client.create('new', SPEC)
      await client.start('new')
      const first = ['~paused init', '~resumed init', '~exec-added e1', '~exec-started e1', '~exit init 137', '~exit e1 9', '~delete init']
      await until([...LIFE, ...first, '~create init', '~start init'])
      await until(['~create init', '~start init'], 'new')
      daemon.exit('a', 1)
      await until([...LIFE, ...first, '~create init', '~start init', 'exit init 1'])
      await a.deleteTask()
      await settled()
      expect(names().at(-1)).toBe('delete init')
    }))

  test('lack of memory is found by what the kernel has counted, before the end', () =>
    withFake(async (fake) => {
      const { daemon, until, events } = fake
      await running(fake, 'a', 'b')
      daemon.transport.on(Tasks.method.metrics, ({ filters }) => ({
        metrics:
          filters[0] === 'id=="a"'
            ? [{ id: 'a', data: protobufAny(MetricsSchema, { memory: {}, memoryOomControl: { oomKill: 1n } }) }]
            : [],
      }))
      daemon.lose()
      daemon.exit('a', 137, { silently: true })
      daemon.back()
      await until([...LIFE, '~oom init', '~exit init 137'])
      expect(events.at(-1)).toMatchObject({ type: 'exit', oomKilled: true })
      await until(LIFE, 'b')
    }))

  test('a task whose end was told and that is gone is told to be deleted', () =>
    withFake(async (fake) => {
      const { client, daemon, until } = fake
      await running(fake, 'a')
      daemon.exit('a', 3)
      await until([...LIFE, 'exit init 3'])
      daemon.lose()
      daemon.processes.clear()
      daemon.back()
      await until([...LIFE, 'exit init 3', '~delete init'])
      await client.start('a')
    }))

  test('a pause that was found is not told again by its late event, and later ones are', () =>
    withFake(async (fake) => {
      const { daemon, until, names } = fake
      await running(fake, 'a')
      daemon.lose()
      daemon.process('a').status = Status.PAUSED
      daemon.back()
      await until([...LIFE, '~paused init'])
      daemon.tell('/tasks/paused', TaskPausedSchema, { containerId: 'a' })
      await settled()
      expect(names()).toEqual([...LIFE, '~paused init'])
      daemon.process('a').status = Status.RUNNING
      daemon.tell('/tasks/resumed', TaskResumedSchema, { containerId: 'a' })
      await until([...LIFE, '~paused init', 'resumed init'])
    }))

  test('where nobody may publish, states are read twice', async () => {
    const daemon = new FakeDaemon()
    daemon.transport.on(Events.method.publish, () => Promise.reject(new RpcError(RpcStatus.PERMISSION_DENIED, 'no')))
    await withFake(
      async (fake) => {
        await running(fake, 'a')
        daemon.lose()
        daemon.registerMs = 200
        daemon.back()
        while (daemon.subscriptions < 2) await settled(5)
        await settled(60)
        daemon.exit('a', 8, { silently: true })
        await fake.until([...LIFE, '~exit init 8'])
      },
      {},
      daemon,
    )
  })

  test('a wait goes on', () =>
    withFake(async (fake) => {
      const { client, daemon } = fake
      await running(fake, 'a')
      const waiting = client.container('a').wait()
      daemon.lose()
      await settled()
      daemon.back()
      await settled(300)
      daemon.exit('a', 4)
      expect(await waiting).toMatchObject({ exitCode: 4 })
    }))
})

describe('calls that the loss interrupts', () => {
  test('a start is undone after the next connection', () =>
    withFake(async (fake) => {
      const { client, daemon, until } = fake
      await client.create('a', SPEC)
      daemon.transport.before(Tasks.method.start, async ({ containerId }) => {
        // It runs, and the answer is lost.
        daemon.process(containerId).status = Status.RUNNING
        const { TaskStartSchema } = await import('../gen/containerd/events/events.gen.ts')
        daemon.tell('/tasks/start', TaskStartSchema, { containerId, pid: daemon.process(containerId).pid })
        await settled()
        daemon.lose()
        setTimeout(() => daemon.back(), 150)
        throw new RpcError(RpcStatus.UNAVAILABLE, 'lost', { answered: false })
      })
      daemon.transport.before(Tasks.method.kill, ({ containerId }) => {
        daemon.exit(containerId, 137, { silently: true })
        daemon.process(containerId).ended.resolve()
        return Promise.resolve({})
      })
      daemon.transport.before(Tasks.method.delete, () => {
        daemon.processes.clear()
        return Promise.resolve({ exitStatus: 137 })
      })
      await expect(client.start('a')).rejects.toMatchObject({ code: 'ERR_TEU_UNAVAILABLE', containerId: 'a' })
      expect(daemon.processes.size).toBe(0)
      // Its start was told, so its end is, although no event says so.
      await until([...LIFE, '~exit init 137'])
    }))

  test('without a next connection the error says what could not be cleaned up', () =>
    withFake(
      async ({ client, daemon }) => {
        await client.create('a', SPEC)
        daemon.transport.before(Tasks.method.start, () => {
          daemon.lose()
          return Promise.reject(new RpcError(RpcStatus.UNAVAILABLE, 'lost', { answered: false }))
        })
        await expect(client.start('a')).rejects.toMatchObject({
          code: 'ERR_TEU_UNAVAILABLE',
          suppressed: [expect.objectContaining({ code: 'ERR_TEU_UNAVAILABLE' })],
        })
        daemon.back()
      },
      { cleanupTimeoutMs: 200 },
    ))

  test('a start that hangs ends at its deadline, and is undone', () =>
    withFake(
      async ({ client, daemon }) => {
        await client.create('a', SPEC)
        daemon.transport.before(Tasks.method.start, () => new Promise(() => {}))
        await expect(client.start('a')).rejects.toMatchObject({ code: 'ERR_TEU_TIMEOUT' })
        expect(daemon.processes.size).toBe(0)
      },
      { callTimeoutMs: 100 },
    ))
})

describe('connecting', () => {
  test('waits until the daemon serves', async () => {
    const daemon = new FakeDaemon()
    let asked = 0
    daemon.transport.on(Health.method.check, () => ({ status: (asked += 1) < 3 ? ServingStatus.NOT_SERVING : ServingStatus.SERVING }))
    await withFake(() => Promise.resolve(), {}, daemon)
    expect(asked).toBe(3)
  })

  test('gives up in time, or when its signal fires, and closes the transport', async () => {
    const daemon = new FakeDaemon()
    daemon.lose()
    const { transport } = daemon
    await expect(Containerd.connect({ transport, connectTimeoutMs: 50 })).rejects.toMatchObject({ code: 'ERR_TEU_UNAVAILABLE' })
    expect(transport.closed).toBe(true)
    const reason = new Error('enough')
    await expect(Containerd.connect({ transport, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })

  test('a daemon without a health service is taken as it is', async () => {
    const daemon = new FakeDaemon()
    daemon.transport.on(Health.method.check, () => Promise.reject(new RpcError(RpcStatus.UNIMPLEMENTED, 'unknown service')))
    await withFake(() => Promise.resolve(), {}, daemon)
  })

  test('a daemon that is there and does nothing is noticed', async () => {
    vi.useFakeTimers()
    try {
      const daemon = new FakeDaemon()
      const connecting = Containerd.connect({ transport: daemon.transport, namespace: 'ns' })
      await vi.advanceTimersByTimeAsync(50)
      const client = await connecting
      const restore = daemon.transport.before(Health.method.check, () => new Promise(() => {}))
      await vi.advanceTimersByTimeAsync(20_100)
      restore()
      await vi.advanceTimersByTimeAsync(12_000)
      expect(daemon.subscriptions).toBe(2)
      await client[Symbol.asyncDispose]()
    } finally {
      vi.useRealTimers()
    }
  })
})
