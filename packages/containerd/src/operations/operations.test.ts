/** Operations against a daemon in memory: what they send, and what they make of its answers. */

import { describe, expect, test } from 'vitest'
import { ServiceMethods } from '../testing/service-methods.ts'
import { readJsonAny } from '../any.ts'
import { ContainerUpdateSchema } from '../gen/containerd/events/events.gen.ts'
import { Status } from '../gen/containerd/v1/types/task.gen.ts'
import { RpcError, RpcStatus } from '../rpc/status.ts'
import { PROCESS, settled, SPEC, withFake } from '../testing/fake-client.ts'

const { tasks, snapshots } = ServiceMethods

describe('answers UNKNOWN become codes by the state of the process', () => {
  const cases = [
    ['pause', Status.PAUSED, 'ERR_TEU_PAUSED'],
    ['pause', Status.CREATED, 'ERR_TEU_INVALID_STATE'],
    ['pause', Status.STOPPED, 'ERR_TEU_NOT_RUNNING'],
    ['pause', Status.RUNNING, 'ERR_TEU_RUNTIME'],
    ['pause', Status.UNKNOWN, 'ERR_TEU_RUNTIME'],
    ['resume', Status.RUNNING, 'ERR_TEU_ALREADY_RUNNING'],
    ['update', Status.STOPPED, 'ERR_TEU_NOT_RUNNING'],
    ['signal', Status.STOPPED, 'ERR_TEU_NOT_FOUND'],
    ['exec', Status.PAUSED, 'ERR_TEU_PAUSED'],
    ['exec', Status.STOPPED, 'ERR_TEU_NOT_RUNNING'],
    ['start', Status.RUNNING, 'ERR_TEU_ALREADY_RUNNING'],
  ] as const
  test.each(cases)('%s in state %i: %s', (operation, status, code) =>
    withFake(async ({ client, daemon }) => {
      await client.create('a', SPEC)
      const handle = client.container('a')
      if (operation === 'start') await handle.createTask()
      else await handle.start()
      const fail = (): Promise<never> => {
        daemon.process('a').status = status
        return Promise.reject(new RpcError(RpcStatus.UNKNOWN, 'not in this state'))
      }
      const { transport } = daemon
      transport.before(tasks.pause, fail)
      transport.before(tasks.resume, fail)
      transport.before(tasks.update, fail)
      transport.before(tasks.exec, fail)
      transport.before(tasks.start, fail)
      const restore = transport.before(tasks.kill, fail)
      const calls = {
        pause: () => handle.pause(),
        resume: () => handle.resume(),
        update: () => handle.updateResources({}),
        signal: () => handle.signalProcess('init', 'TERM'),
        exec: () => handle.exec('e1', PROCESS),
        start: () => handle.start(),
      }
      if (operation === 'start') restore()
      await expect(calls[operation]()).rejects.toMatchObject({
        code,
        containerId: 'a',
        operation,
        message: expect.stringMatching(/^Cannot .* container "a": not in this state$/),
      })
    }),
  )

  test('a task that is gone by then is not found', () =>
    withFake(async ({ client, daemon }) => {
      await client.create('a', SPEC)
      await client.start('a')
      daemon.transport.before(tasks.pause, () => {
        daemon.processes.clear()
        return Promise.reject(new RpcError(RpcStatus.UNKNOWN, 'ttrpc: closed'))
      })
      await expect(client.pause('a')).rejects.toMatchObject({ code: 'ERR_TEU_NOT_FOUND' })
    }))
})

describe('start()', () => {
  test('asks the snapshotter for the root file system, with the label of the config', () =>
    withFake(async ({ client, daemon }) => {
      daemon.transport.on(snapshots.mounts, ({ snapshotter, key }) => ({
        mounts: [{ type: 'overlay', source: `${snapshotter}/${key}`, options: ['ro'] }],
      }))
      await client.create('a', { ...SPEC, linux: { mountLabel: 'l:1' } }, { snapshotter: 'overlayfs', snapshotKey: 'k' })
      await client.start('a')
      const call = daemon.transport.calls.find(({ method }) => method === 'Tasks.create')
      expect(call?.request).toMatchObject({ rootfs: [{ type: 'overlay', source: 'overlayfs/k', options: ['ro', 'context="l:1"'] }] })
    }))

  test('refuses a snapshot without a snapshotter', () =>
    withFake(async ({ client }) => {
      await client.create('a', SPEC, { snapshotKey: 'k' })
      await expect(client.start('a')).rejects.toMatchObject({ code: 'ERR_TEU_INVALID_ARGUMENT' })
      expect(await client.container('a').task()).toBeUndefined()
    }))

  test('runs its calls in this order, with the namespace', () =>
    withFake(async ({ client, daemon }) => {
      await client.create('a', SPEC)
      daemon.transport.calls.length = 0
      await client.start('a')
      await settled(200)
      expect(daemon.transport.names()).toEqual(['Tasks.create', 'Tasks.start', 'Tasks.wait'])
      expect(daemon.transport.calls.every(({ options }) => options.metadata?.['containerd-namespace'] === 'ns')).toBe(true)
    }))

  test('asks for the record when it is not as this client has made it, and at the next start', () =>
    withFake(async ({ client, daemon }) => {
      const started = async (): Promise<string[]> => {
        daemon.transport.calls.length = 0
        await client.start('a')
        return daemon.transport.names().filter((name) => name.startsWith('Containers.'))
      }
      await client.create('a', SPEC)
      daemon.tell('/containers/update', ContainerUpdateSchema, { id: 'b' })
      await settled()
      expect(await started()).toEqual([])
      await client.deleteTask('a', { force: true })
      expect(await started()).toEqual(['Containers.get'])
      await client.deleteTask('a', { force: true })
      await client.delete('a')

      await client.create('a', SPEC)
      daemon.tell('/containers/update', ContainerUpdateSchema, { id: 'a' })
      await settled()
      expect(await started()).toEqual(['Containers.get'])
    }))
})

test('exec() sends the process as JSON, and the flag for a terminal', () =>
  withFake(async ({ client, daemon }) => {
    await client.create('a', SPEC)
    await client.start('a')
    await client.exec('a', 'e1', { ...PROCESS, args: ['/bin/id'] })
    const request = daemon.transport.calls.find(({ method }) => method === 'Tasks.exec')?.request as never as { spec: never }
    expect(request).toMatchObject({
      containerId: 'a',
      execId: 'e1',
      terminal: false,
      spec: { typeUrl: 'types.containerd.io/opencontainers/runtime-spec/1/Process' },
    })
    expect(readJsonAny(request.spec)).toMatchObject({ args: ['/bin/id'] })
    await expect(client.exec('a', 'e2', { cwd: '/' } as never)).rejects.toMatchObject({ code: 'ERR_TEU_CONFIG_INVALID' })
  }))

test('an exec that failed and is paused by then is killed at once, and deleted when it has ended', () =>
  withFake(async ({ client, daemon }) => {
    await client.create('a', SPEC)
    await client.start('a')
    const { transport } = daemon
    transport.before(tasks.start, () => {
      daemon.process('a', 'e1').status = Status.PAUSED
      return Promise.reject(new RpcError(RpcStatus.UNKNOWN, 'the answer was lost'))
    })
    let kills = 0
    // On cgroup v1 the signal waits for the process to be resumed.
    transport.on(tasks.kill, () => {
      kills += 1
      return {}
    })
    await expect(client.exec('a', 'e1', PROCESS)).rejects.toMatchObject({ containerId: 'a' })
    expect(kills).toBe(1)
    expect(daemon.processes.has('a/e1')).toBe(true)
    daemon.exit('a', 137, { execId: 'e1' })
    await settled()
    expect(daemon.processes.has('a/e1')).toBe(false)
  }))

test('createTask() waits for the end from then on, with one call for both', () =>
  withFake(async ({ client, daemon }) => {
    const handle = await client.create('a', SPEC)
    await handle.createTask()
    await settled(200)
    daemon.transport.calls.length = 0
    await handle.start()
    await settled(200)
    expect(daemon.transport.names()).toEqual(['Tasks.start'])
    daemon.exit('a', 3)
    expect(await handle.wait()).toMatchObject({ exitCode: 3 })
  }))

test('a container whose program ends at once is not waited for with a call', () =>
  withFake(async ({ client, daemon, until }) => {
    await client.create('a', SPEC)
    await client.start('a')
    daemon.exit('a', 3)
    await until(['create init', 'start init', 'exit init 3'])
    await settled(200)
    expect(daemon.transport.names()).not.toContain('Tasks.wait')
  }))

describe('delete() with force', () => {
  test('of a task that is known to have ended needs no question', () =>
    withFake(async ({ client, daemon, until }) => {
      await client.create('a', SPEC)
      await client.start('a')
      daemon.exit('a', 3)
      await client.wait('a')
      daemon.transport.calls.length = 0
      await client.delete('a', { force: true })
      expect(daemon.transport.names()).toEqual(['Tasks.delete', 'Containers.delete'])
      await until(['create init', 'start init', 'exit init 3', 'delete init'])
    }))

  test('of a task that another client has started again a moment ago kills that', () =>
    withFake(async ({ client, daemon }) => {
      await client.create('a', SPEC)
      await client.start('a')
      daemon.exit('a', 3)
      await client.wait('a')
      daemon.processes.clear()
      daemon.add('a', '', Status.RUNNING)
      const refuse = daemon.transport.before(tasks.delete, () => {
        if (daemon.process('a').status === Status.STOPPED) return Promise.resolve()
        return Promise.reject(new RpcError(RpcStatus.FAILED_PRECONDITION, 'task must be stopped before deletion'))
      })
      await client.delete('a', { force: true })
      refuse()
      expect(daemon.processes.size).toBe(0)
      expect(daemon.containers.size).toBe(0)
    }))

  test('is refused with an option that is none', () =>
    withFake(async ({ client, daemon }) => {
      await client.create('a', SPEC)
      daemon.transport.calls.length = 0
      await expect(client.delete('a', { froce: true } as never)).rejects.toThrow(new TypeError('delete: there is no option froce'))
      await expect(client.deleteTask('a', { force: 1 } as never)).rejects.toThrow(TypeError)
      expect(daemon.transport.calls).toEqual([])
    }))
})

test('deleteTask() tells apart what is not there from a daemon that is not there', () =>
  withFake(async ({ client, daemon }) => {
    expect(await client.deleteTask('nothing')).toMatchObject({ exitCode: 255, found: false })
    await client.create('a', SPEC)
    daemon.lose()
    await expect(client.deleteTask('a')).rejects.toMatchObject({ code: 'ERR_TEU_UNAVAILABLE' })
    daemon.back()
  }))

test('stats() without metrics says why', () =>
  withFake(async ({ client, daemon }) => {
    await client.create('a', SPEC)
    daemon.transport.on(tasks.metrics, ({ filters }) => {
      expect(filters).toEqual(['id=="a"'])
      return { metrics: [] }
    })
    await expect(client.stats('a')).rejects.toMatchObject({ code: 'ERR_TEU_NOT_FOUND' })
    await client.start('a')
    await expect(client.stats('a')).rejects.toMatchObject({ code: 'ERR_TEU_UNSUPPORTED', message: expect.stringContaining('has none') })
    daemon.transport.on(tasks.metrics, () => ({ metrics: [{ data: { typeUrl: 'x.Y', value: new Uint8Array() } }] }))
    await expect(client.stats('a')).rejects.toMatchObject({ message: expect.stringContaining('unknown type x.Y') })
  }))

describe('the state of a task', () => {
  test.each([
    [Status.UNKNOWN, 'unknown'],
    [Status.CREATED, 'created'],
    [Status.RUNNING, 'running'],
    [Status.STOPPED, 'stopped'],
    [Status.PAUSED, 'paused'],
    [Status.PAUSING, 'pausing'],
    [99 as Status, 'unknown'],
  ] as const)('%i is %s', (status, text) =>
    withFake(async ({ client, daemon }) => {
      await client.create('a', SPEC)
      await client.start('a')
      daemon.process('a').status = status
      expect(await client.status('a')).toBe(text)
    }),
  )

  test('a task that is being paused is not deleted', () =>
    withFake(async ({ client, daemon }) => {
      await client.create('a', SPEC)
      await client.start('a')
      daemon.process('a').status = Status.PAUSING
      await expect(client.deleteTask('a')).rejects.toMatchObject({ code: 'ERR_TEU_INVALID_STATE', from: 'pausing' })
    }))

  test('a shim without a task, which is in the way of the next one, is ended too', () =>
    withFake(async ({ client, daemon }) => {
      await client.create('a', SPEC)
      await client.start('a')
      daemon.processes.clear()
      const before = daemon.transport.names().filter((name) => name === 'Tasks.delete').length
      await client.deleteTask('a', { force: true })
      expect(daemon.transport.names().filter((name) => name === 'Tasks.delete')).toHaveLength(before + 1)
    }))
})
