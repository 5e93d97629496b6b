/** Events that come twice, late, early or never. */

import { create } from '@bufbuild/protobuf'
import { deferred } from '@teu/spec'
import { describe, expect, test } from 'vitest'
import { protobufAny } from '../any.ts'
import { TaskDeleteSchema, TaskExecStartedSchema, TaskOOMSchema, TaskStartSchema } from '../gen/containerd/events/events.gen.ts'
import { ProcessDetailsSchema } from '../gen/containerd/runc/v1/runc.gen.ts'
import { ContainerSchema } from '../gen/containerd/services/containers/v1/containers.gen.ts'
import { Tasks } from '../gen/containerd/services/tasks/v1/tasks.gen.ts'
import { Status } from '../gen/containerd/v1/types/task.gen.ts'
import { RpcError, RpcStatus } from '../rpc/status.ts'
import { PROCESS, settled, SPEC, withFake } from '../testing/fake-client.ts'

const LIFE = ['create init', 'start init']

describe('the exit of a process', () => {
  test('is told once, whoever brings the news', () =>
    withFake(async ({ client, daemon, until, names }) => {
      await client.create('a', SPEC)
      const pid = await client.start('a')
      daemon.exit('a', 3)
      daemon.tellExit('a', pid, 137)
      daemon.tellExit('a', 0, 255)
      expect(await client.container('a').wait()).toMatchObject({ exitCode: 3 })
      await settled(1_200)
      await until([...LIFE, 'exit init 3'])
      expect(await client.deleteTask('a')).toMatchObject({ exitCode: 3 })
      daemon.tellExit('a', pid, 137)
      await settled()
      expect(names()).toEqual([...LIFE, 'exit init 3', 'delete init'])
    }))

  test('comes after the answer of the start that it overtook', () =>
    withFake(async ({ client, daemon, names, until }) => {
      await client.create('a', SPEC)
      const answer = deferred()
      daemon.transport.before(Tasks.method.start, async ({ containerId }) => {
        const { pid } = daemon.process(containerId)
        daemon.tell('/tasks/start', TaskStartSchema, { containerId, pid })
        daemon.exit(containerId, 0)
        await answer.promise
        return { pid }
      })
      const order: string[] = []
      const starting = client.start('a').then(() => order.push(...names(), 'started'))
      await until(LIFE)
      await settled()
      expect(names()).toEqual(LIFE)
      answer.resolve()
      await starting
      expect(order).toEqual([...LIFE, 'started'])
      await until([...LIFE, 'exit init 0'])
    }))

  test('of an earlier run does not end the next one', () =>
    withFake(async ({ client, daemon, until, names }) => {
      await client.create('a', SPEC)
      const first = await client.start('a')
      daemon.exit('a', 1)
      await until([...LIFE, 'exit init 1'])
      await client.deleteTask('a')
      const created = deferred()
      daemon.transport.before(Tasks.method.create, () => created.promise)
      const starting = client.start('a')
      await settled()
      // While the next run has no pid, and when it has one; the other pid is of a time before this client.
      const tellOld = (): void => [first, 5].forEach((pid) => daemon.tellExit('a', pid, 137))
      tellOld()
      await settled()
      created.resolve()
      await starting
      tellOld()
      await settled()
      expect(names()).toEqual([...LIFE, 'exit init 1', 'delete init', ...LIFE])
      expect(await client.status('a')).toBe('running')
    }))

  test('that the daemon makes up without a pid is believed only when the process does not run', () =>
    withFake(async ({ client, daemon, until, names }) => {
      await client.create('a', SPEC)
      await client.start('a')
      daemon.tellExit('a', 0, 255)
      await settled()
      expect(names()).toEqual(LIFE)
      daemon.processes.clear()
      daemon.tellExit('a', 0, 255)
      await until([...LIFE, 'exit init 255'])
    }))

  test('that has no event is found by the safety net', () =>
    withFake(async ({ client, daemon, until }) => {
      await client.create('a', SPEC)
      await client.start('a')
      daemon.exit('a', 7, { silently: true })
      daemon.process('a').ended.resolve()
      await until([...LIFE, '~exit init 7'])
    }))

  test('of a start that failed is not told', () =>
    withFake(async ({ client, daemon, names }) => {
      await client.create('a', SPEC)
      const answer = deferred<never>()
      daemon.transport.before(Tasks.method.start, () => answer.promise)
      const starting = client.start('a')
      await settled()
      const waiting = client.container('a').wait()
      waiting.catch(() => {})
      answer.reject(new RpcError(RpcStatus.UNKNOWN, 'OCI runtime start failed: no'))
      await expect(starting).rejects.toMatchObject({ code: 'ERR_TEU_RUNTIME' })
      await expect(waiting).rejects.toMatchObject({ code: 'ERR_TEU_RUNTIME' })
      await settled()
      expect(names()).toEqual(['create init', 'delete init'])
      expect(daemon.processes.size).toBe(0)
    }))
})

describe('a start', () => {
  test('whose first call is interrupted has no events, whatever it left in the daemon', () =>
    withFake(async ({ client, daemon, names, until }) => {
      await client.create('a', SPEC)
      daemon.transport.on(Tasks.method.create, ({ containerId }) => {
        daemon.add(containerId, '', Status.CREATED).pid = 0
        throw new RpcError(RpcStatus.UNKNOWN, 'OCI runtime create failed: no')
      })
      await expect(client.start('a')).rejects.toMatchObject({ code: 'ERR_TEU_RUNTIME' })
      await settled()
      expect(daemon.processes.size).toBe(0)
      expect(names()).toEqual([])
      daemon.add('a', '', Status.RUNNING)
      daemon.tell('/tasks/start', TaskStartSchema, { containerId: 'a', pid: daemon.process('a').pid })
      await until(['start init'])
    }))

  test('that is told again after the end was found is not told', () =>
    withFake(async ({ client, daemon, until, names }) => {
      await client.create('a', SPEC)
      const pid = await client.start('a')
      daemon.exit('a', 7, { silently: true })
      daemon.process('a').ended.resolve()
      await until([...LIFE, '~exit init 7'])
      daemon.tell('/tasks/start', TaskStartSchema, { containerId: 'a', pid })
      await settled()
      expect(names()).toEqual([...LIFE, '~exit init 7'])
    }))
})

describe('a deletion', () => {
  test('is told also when the container goes right after its task', () =>
    withFake(async ({ client, daemon, until }) => {
      await client.create('a', SPEC)
      const pid = await client.start('a')
      daemon.transport.on(Tasks.method.delete, () => {
        daemon.processes.clear()
        return { exitStatus: 9 }
      })
      await client.deleteTask('a', { force: true })
      await client.delete('a')
      daemon.tell('/tasks/delete', TaskDeleteSchema, { containerId: 'a', pid, exitStatus: 9 })
      await until([...LIFE, 'exit init 137', 'delete init'])
      await expect(client.container('a').wait()).rejects.toMatchObject({ code: 'ERR_TEU_NOT_FOUND' })
    }))

  test('is told before the task of the container that replaces it', () =>
    withFake(async ({ client, daemon, until }) => {
      await client.create('a', SPEC)
      await client.start('a')
      daemon.transport.on(Tasks.method.delete, () => {
        daemon.processes.clear()
        return { exitStatus: 137 }
      })
      await client.deleteTask('a', { force: true })
      await client.create('a', SPEC, { replace: true })
      await client.start('a')
      await until([...LIFE, 'exit init 137', '~delete init', ...LIFE])
    }))

  test('whose event does not come is told before the next container of that name, or a moment later', () =>
    withFake(async ({ client, daemon, until }) => {
      daemon.transport.on(Tasks.method.delete, () => {
        daemon.processes.clear()
        return { exitStatus: 9 }
      })
      for (const isAgain of [true, false]) {
        await client.create('a', SPEC)
        const pid = await client.start('a')
        daemon.exit('a', 9)
        await client.deleteTask('a')
        await client.delete('a')
        const whole = [...LIFE, 'exit init 9', '~delete init']
        if (!isAgain) await until([...whole, ...whole])
        // Too late.
        else setTimeout(() => daemon.tell('/tasks/delete', TaskDeleteSchema, { containerId: 'a', pid, exitStatus: 9 }), 100)
      }
    }))

  test('of a task whose shim does not answer kills nobody', () =>
    withFake(async ({ client, daemon }) => {
      await client.create('a', SPEC)
      await client.start('a')
      daemon.process('a').status = Status.UNKNOWN
      expect(await client.deleteTask('a')).toMatchObject({ found: true })
      expect(daemon.transport.names()).not.toContain('Tasks.kill')
    }))
})

describe('waiting', () => {
  test('for what has ended and is deleted gives its last end', () =>
    withFake(async ({ client, daemon }) => {
      await client.create('a', SPEC)
      await client.start('a')
      daemon.exit('a', 6)
      await client.deleteTask('a')
      expect(await client.container('a').wait()).toMatchObject({ exitCode: 6 })
      expect(await client.container('a').wait('a')).toMatchObject({ exitCode: 6 })
    }))

  test('ends with the client, and with its signal', () =>
    withFake(async ({ client }) => {
      await client.create('a', SPEC)
      await client.start('a')
      const reason = new Error('enough')
      const abort = new AbortController()
      const given = client.container('a').wait('init', { signal: abort.signal })
      const waiting = client.container('a').wait()
      abort.abort(reason)
      await expect(given).rejects.toBe(reason)
      await client[Symbol.asyncDispose]()
      await expect(waiting).rejects.toMatchObject({ code: 'ERR_TEU_INVALID_STATE', containerId: 'a' })
    }))
})

describe('lack of memory', () => {
  test('marks the run, also a moment after its exit, and not the next one', () =>
    withFake(async ({ client, daemon, events, until }) => {
      await client.create('a', SPEC)
      await client.start('a')
      const process = daemon.process('a')
      process.status = Status.STOPPED
      process.exitStatus = 137
      const exitedAt = { seconds: BigInt(Math.floor(Date.now() / 1000)), nanos: (Date.now() % 1000) * 1_000_000 }
      const { TaskExitSchema } = await import('../gen/containerd/events/events.gen.ts')
      daemon.tell('/tasks/exit', TaskExitSchema, { containerId: 'a', id: 'a', pid: process.pid, exitStatus: 137, exitedAt })
      const exit = await client.container('a').wait()
      expect(exit.oomKilled).toBe(false)
      daemon.tell('/tasks/oom', TaskOOMSchema, { containerId: 'a' })
      await until([...LIFE, 'exit init 137', 'oom init'])
      expect(exit.oomKilled).toBe(true)
      await client.deleteTask('a')
      await until([...LIFE, 'exit init 137', 'oom init', 'delete init'])
      expect(events.at(-1)).toMatchObject({ type: 'delete', oomKilled: true })
      await client.start('a')
      await settled()
      expect(events.at(-1)).toMatchObject({ type: 'start', oomKilled: false })
    }))
})

describe('execs', () => {
  test('are deleted beside the queue', () =>
    withFake(async ({ client, daemon, until }) => {
      await client.create('a', SPEC)
      await client.start('a')
      const hanging = deferred()
      const restore = daemon.transport.before(Tasks.method.deleteProcess, () => hanging.promise)
      await client.exec('a', 'e1', PROCESS)
      daemon.exit('a', 4, { execId: 'e1' })
      await until([...LIFE, 'exec-added e1', 'exec-started e1', 'exit e1 4'])
      restore()
      await client.exec('a', 'e2', PROCESS)
      daemon.exit('a', 5, { execId: 'e2' })
      await until([...LIFE, 'exec-added e1', 'exec-started e1', 'exit e1 4', 'exec-added e2', 'exec-started e2', 'exit e2 5'])
      // The name is taken until the deletion is over.
      let isTaken = true
      const again = client.exec('a', 'e1', PROCESS).then(() => (isTaken = false))
      await settled()
      expect(isTaken).toBe(true)
      hanging.resolve()
      await again
    }))

  test('that go with their task have an end too, once', () =>
    withFake(async ({ client, daemon, names, until }) => {
      await client.create('a', SPEC)
      await client.start('a')
      await client.exec('a', 'e1', PROCESS)
      const late = await client.exec('a', 'e2', PROCESS)
      expect(await client.deleteTask('a', { force: true })).toMatchObject({ exitCode: 137, found: true })
      // This one's own news only comes now.
      daemon.tellExit('a', late, 137, 'e2')
      await settled(1_300)
      const exits = names().filter((name) => name.includes('exit'))
      expect(exits.sort()).toEqual(['exit e2 137', 'exit init 137', '~exit e1 255'])
      daemon.tellExit('a', late, 137, 'e2')
      await until(names())
    }))
})

describe('other clients', () => {
  test('may delete a task: exit and delete are told, and the container can be started again', () =>
    withFake(async ({ client, daemon, until }) => {
      await client.create('a', SPEC)
      const pid = await client.start('a')
      daemon.processes.clear()
      daemon.tell('/tasks/delete', TaskDeleteSchema, { containerId: 'a', pid, exitStatus: 9 })
      daemon.tell('/tasks/delete', TaskDeleteSchema, { containerId: 'a', pid, exitStatus: 9 })
      await until([...LIFE, 'exit init 9', 'delete init'])
      await client.start('a')
    }))

  test('may start a container: its task is taken over', () =>
    withFake(async ({ client, daemon, until }) => {
      await client.create('a', SPEC)
      const { pid } = daemon.add('a', '', Status.RUNNING)
      daemon.tell('/tasks/start', TaskStartSchema, { containerId: 'a', pid })
      await until(['start init'])
      daemon.exit('a', 2)
      await until(['start init', 'exit init 2'])
      await expect(client.start('a')).rejects.toMatchObject({ code: 'ERR_TEU_ALREADY_EXISTS' })
      await client.deleteTask('a')
    }))

  test('may start a container, and an exec, while it is restored: each ends once', () =>
    withFake(async ({ client, daemon, until, names }) => {
      daemon.containers.set('a', create(ContainerSchema, { id: 'a' }))
      const { pid } = daemon.add('a', '', Status.RUNNING)
      const exec = daemon.add('a', 'e', Status.RUNNING)
      daemon.transport.before(Tasks.method.listPids, async () => {
        daemon.tell('/tasks/exec-started', TaskExecStartedSchema, { containerId: 'a', execId: 'e', pid: exec.pid })
        return { processes: [{ pid }, { pid: exec.pid, info: protobufAny(ProcessDetailsSchema, { execId: 'e' }) }] }
      })
      const restoring = client.restore('a')
      daemon.tell('/tasks/start', TaskStartSchema, { containerId: 'a', pid })
      await restoring
      await until(['start init', 'exec-started e'])
      daemon.exit('a', 4, { execId: 'e' })
      daemon.exit('a', 3)
      await client.deleteTask('a')
      await settled(1_400)
      const told = [...names()].sort()
      expect(told).toEqual(['delete init', 'exec-started e', 'exit e 4', 'exit init 3', 'start init'])
    }))

  test('are heard of only on demand', () =>
    withFake(async ({ client, daemon, events }) => {
      const all = client.events({ unknown: true, types: ['exit'] })
      daemon.tellExit('other', 5, 1)
      expect((await all.next()).value).toMatchObject({ containerId: 'other', known: false, exitCode: 1, pid: 5 })
      expect(events).toEqual([])
      await client[Symbol.asyncDispose]()
      expect(await all.next()).toEqual({ value: undefined, done: true })
    }))
})
