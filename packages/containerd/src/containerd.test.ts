import { expect, test } from 'vitest'
import { ServiceMethods } from './testing/service-methods.ts'
import { PROCESS, SPEC, withFake } from './testing/fake-client.ts'

test('a method refuses a bad container ID with a rejection, and throws nothing at its caller', () =>
  withFake(async ({ client }) => {
    const id = '../etc'
    const calls = {
      create: () => client.create(id, SPEC),
      restore: () => client.restore(id),
      start: () => client.start(id),
      exec: () => client.exec(id, 'e1', PROCESS),
      signalProcess: () => client.signalProcess(id, 'init', 'TERM'),
      resizeTerminal: () => client.resizeTerminal(id, 'init', { columns: 80, rows: 24 }),
      closeStdin: () => client.closeStdin(id, 'init'),
      pause: () => client.pause(id),
      resume: () => client.resume(id),
      stats: () => client.stats(id),
      listPids: () => client.listPids(id),
      summary: () => client.summary(id),
      deleteTask: () => client.deleteTask(id),
      delete: () => client.delete(id),
      status: () => client.status(id),
      updateResources: () => client.updateResources(id, {}),
      createCheckpoint: () => client.createCheckpoint(id, '/nowhere'),
      wait: () => client.wait(id),
    }
    for (const [name, call] of Object.entries<() => Promise<unknown>>(calls)) {
      await expect(call(), name).rejects.toMatchObject({ code: 'ERR_TEU_INVALID_ID' })
    }
  }))

test.each(['get', 'kill', 'wait'] as const)('a deletion with force hears its signal while Tasks.%s is not answered', (call) =>
  withFake(async ({ client, daemon }) => {
    await client.create('a', SPEC)
    await client.start('a')
    const abort = new AbortController()
    const reason = new Error('enough')
    const hold = (): Promise<never> => {
      abort.abort(reason)
      return new Promise(() => {})
    }
    const { transport } = daemon
    const { tasks } = ServiceMethods
    const holds = {
      get: () => transport.before(tasks.get, hold),
      kill: () => transport.before(tasks.kill, hold),
      wait: () => transport.before(tasks.wait, hold),
    }
    const release = holds[call]()
    await expect(client.delete('a', { force: true, signal: abort.signal })).rejects.toBe(reason)
    release()
    await client.delete('a', { force: true })
    await expect(client.container('a').record()).rejects.toMatchObject({ code: 'ERR_TEU_NOT_FOUND' })
  }),
)
