/** Ends of a client, and aborts, in the middle of what it does. */

import { deferred } from '@teu/spec'
import type { DescMethod } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { PROCESS, settled, SPEC, withFake } from './testing/fake-client.ts'
import { ServiceMethods } from './testing/service-methods.ts'
import { UnderWay } from './under-way.ts'

const { tasks } = ServiceMethods

test('jobs hear of the end, which waits for them; new ones are refused, and those that remove something are not', async () => {
  const underWay = new UnderWay()
  const done: string[] = []
  const job = underWay.making('make it', undefined, async (signal) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    await underWay.clearing(async () => void done.push('undone'))
    throw signal.reason
  })
  job.catch(() => {})
  await underWay.end(5_000)
  expect(done).toEqual(['undone'])
  const refusal = { code: 'ERR_TEU_INVALID_STATE', message: 'Cannot make it: this client was disposed' }
  await expect(job).rejects.toMatchObject(refusal)
  await expect(underWay.making('make it', undefined, () => Promise.resolve())).rejects.toMatchObject(refusal)
  await underWay.clearing(() => Promise.resolve())
})

test('many jobs at once are no leak', async () => {
  const warnings: Error[] = []
  const warn = (warning: Error): void => void warnings.push(warning)
  process.on('warning', warn)
  const underWay = new UnderWay()
  const gate = deferred()
  const jobs = Array.from({ length: 20 }, () => underWay.making('make it', undefined, () => gate.promise))
  await settled()
  gate.resolve()
  await Promise.all(jobs)
  process.off('warning', warn)
  expect(warnings).toEqual([])
})

test('a job that does not end holds the end up for the time that was given', async () => {
  const underWay = new UnderWay()
  void underWay.clearing(() => new Promise(() => {}))
  await underWay.end(10)
})

test.each(['create', 'start'] as const)('disposing while the daemon is at %s: the start rejects, and its task is gone', (call) =>
  withFake(async ({ client, daemon }) => {
    await client.create('a', SPEC)
    const [entered, gate] = [deferred(), deferred()]
    const method: DescMethod = tasks[call]
    daemon.transport.before(method, () => {
      entered.resolve()
      return gate.promise
    })
    const starting = client.start('a')
    starting.catch(() => {})
    await entered.promise
    const disposal = client[Symbol.asyncDispose]()
    await settled()
    expect(daemon.transport.closed).toBe(false)
    gate.resolve()
    await disposal
    await expect(starting).rejects.toMatchObject({
      code: 'ERR_TEU_INVALID_STATE',
      message: expect.stringContaining('this client was disposed'),
    })
    expect(daemon.processes.has('a/')).toBe(false)
    expect(daemon.transport.closed).toBe(true)
  }),
)

test('disposing during an exec: it rejects, its process is gone, and the container runs on', () =>
  withFake(async ({ client, daemon }) => {
    await client.create('a', SPEC)
    await client.start('a')
    const [entered, gate] = [deferred(), deferred()]
    daemon.transport.before(tasks.exec, () => {
      entered.resolve()
      return gate.promise
    })
    const executing = client.exec('a', 'e1', PROCESS)
    executing.catch(() => {})
    await entered.promise
    const disposal = client[Symbol.asyncDispose]()
    gate.resolve()
    await disposal
    await expect(executing).rejects.toMatchObject({ code: 'ERR_TEU_INVALID_STATE' })
    expect([...daemon.processes.keys()]).toEqual(['a/'])
  }))

test('what makes something is refused after the end', () =>
  withFake(async ({ client }) => {
    await client.create('a', SPEC)
    await client[Symbol.asyncDispose]()
    const calls = [
      () => client.create('b', SPEC),
      () => client.start('a'),
      () => client.exec('a', 'e1', PROCESS),
      () => client.restore('b'),
      () => client.images.run('x'),
      () => client.images.create('x'),
      () => client.createCheckpoint('a', '/nowhere'),
    ]
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'ERR_TEU_INVALID_STATE' })
  }))

test('a stdio function that does not end is given up at an abort, and the container can be used again', () =>
  withFake(async ({ client, daemon }) => {
    await client.create('a', SPEC)
    const stop = new AbortController()
    const starting = client.start('a', {
      signal: stop.signal,
      stdio: () => {
        stop.abort(new Error('enough'))
        return new Promise(() => {})
      },
    })
    await expect(starting).rejects.toThrow('enough')
    expect(await client.deleteTask('a')).toMatchObject({ found: false })
    await client.start('a')
    expect([...daemon.processes.keys()]).toEqual(['a/'])
  }))

test.each(['deleteTask', 'delete', 'start', 'exec', 'createCheckpoint'] as const)(
  'an abort is heard by %s while another call has the container',
  (name) =>
    withFake(async ({ client, daemon }) => {
      await client.create('a', SPEC)
      const [entered, gate] = [deferred(), deferred()]
      daemon.transport.before(tasks.create, () => {
        entered.resolve()
        return gate.promise
      })
      const starting = client.start('a')
      await entered.promise
      const stop = new AbortController()
      const { signal } = stop
      const calls = {
        deleteTask: () => client.deleteTask('a', { force: true, signal }),
        delete: () => client.delete('a', { signal }),
        start: () => client.start('a', { signal }),
        exec: () => client.exec('a', 'e1', PROCESS, { signal }),
        createCheckpoint: () => client.createCheckpoint('a', '/nowhere/checkpoint', { signal }),
      }
      const waiting = calls[name]()
      setTimeout(() => stop.abort(new Error('enough')), 10)
      await expect(waiting).rejects.toThrow('enough')
      gate.resolve()
      await starting
      await client.deleteTask('a', { force: true })
    }),
)
