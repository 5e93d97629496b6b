import { isTeuError } from '@teu/spec'
import { describe, expect, test } from 'vitest'
import { Content } from '../gen/containerd/services/content/v1/content.gen.ts'
import { Events } from '../gen/containerd/services/events/v1/events.gen.ts'
import { Tasks } from '../gen/containerd/services/tasks/v1/tasks.gen.ts'
import { FakeTransport } from '../testing/fake-transport.ts'
import { createServices } from './services.ts'
import { RpcError, RpcStatus } from './status.ts'

const over = (transport: FakeTransport) => createServices(transport, { namespace: 'ns', callTimeoutMs: 5_000, address: '/run/x.sock' })

describe('createServices()', () => {
  test('sets namespace and deadline', async () => {
    const transport = new FakeTransport().on(Tasks.method.get, () => ({ process: { pid: 7 } }))
    expect((await over(transport).tasks.get({ containerId: 'a' })).process?.pid).toBe(7)
    expect(transport.calls[0]).toMatchObject({
      method: 'Tasks.get',
      request: { containerId: 'a', execId: '' },
      options: { timeoutMs: 5_000, metadata: { 'containerd-namespace': 'ns' } },
    })
  })

  test('adds a lease, and changes the namespace', async () => {
    const transport = new FakeTransport().on(Tasks.method.get, () => ({}))
    await over(transport).withLease('l1').withNamespace('other').tasks.get({})
    expect(transport.calls[0]?.options.metadata).toEqual({ 'containerd-namespace': 'other', 'containerd-lease': 'l1' })
  })

  test('waiting has no deadline unless one is given', async () => {
    const transport = new FakeTransport().on(Tasks.method.wait, () => ({}))
    await over(transport).tasks.wait({})
    await over(transport).tasks.wait({}, { timeoutMs: 10 })
    expect(transport.calls.map((call) => call.options.timeoutMs)).toEqual([0, 10])
  })

  test.each([
    [RpcStatus.NOT_FOUND, 'ERR_TEU_NOT_FOUND'],
    [RpcStatus.ALREADY_EXISTS, 'ERR_TEU_ALREADY_EXISTS'],
    [RpcStatus.INVALID_ARGUMENT, 'ERR_TEU_INVALID_ARGUMENT'],
    [RpcStatus.FAILED_PRECONDITION, 'ERR_TEU_INVALID_STATE'],
    [RpcStatus.UNAVAILABLE, 'ERR_TEU_UNAVAILABLE'],
    [RpcStatus.CANCELLED, 'ERR_TEU_UNAVAILABLE'],
    [RpcStatus.UNIMPLEMENTED, 'ERR_TEU_UNSUPPORTED'],
    [RpcStatus.DEADLINE_EXCEEDED, 'ERR_TEU_TIMEOUT'],
    [RpcStatus.UNKNOWN, 'ERR_TEU_RUNTIME'],
    [RpcStatus.INTERNAL, 'ERR_TEU_RUNTIME'],
    [RpcStatus.PERMISSION_DENIED, 'ERR_TEU_RUNTIME'],
  ] as const)('status %i is %s', async (status, code) => {
    const transport = new FakeTransport().on(Tasks.method.get, () => Promise.reject(new RpcError(status, 'because')))
    const failure: unknown = await over(transport)
      .tasks.get({})
      .catch((error: unknown) => error)
    expect(isTeuError(failure, code)).toBe(true)
    expect((failure as Error).message).toBe('Cannot call containerd.services.tasks.v1.Tasks/Get: because')
  })

  test('a connection that failed is unavailable, with errno, socket and remedy', async () => {
    const lost = new RpcError(RpcStatus.INTERNAL, 'connect ENOENT', { answered: false, errno: 'ENOENT' })
    const transport = new FakeTransport().on(Tasks.method.get, () => Promise.reject(lost))
    await expect(over(transport).tasks.get({})).rejects.toMatchObject({
      code: 'ERR_TEU_UNAVAILABLE',
      errno: 'ENOENT',
      path: '/run/x.sock',
      remedy: expect.stringContaining('containerd runs'),
      cause: lost,
    })
  })

  test('an abort rejects with its own reason', async () => {
    const transport = new FakeTransport().on(Tasks.method.get, () => new Promise(() => {}))
    const reason = new Error('enough')
    const abort = new AbortController()
    const answer = over(transport).tasks.get({}, { signal: abort.signal })
    abort.abort(reason)
    await expect(answer).rejects.toBe(reason)
  })

  test('streams come as AsyncIterable, and their failures are translated', async () => {
    const transport = new FakeTransport().on(Events.method.subscribe, async function* () {
      yield { topic: '/tasks/exit' }
      throw new RpcError(RpcStatus.UNKNOWN, 'filter: parse error')
    })
    const topics: string[] = []
    const reading = (async () => {
      for await (const envelope of over(transport).events.subscribe({})) topics.push(envelope.topic)
    })()
    await expect(reading).rejects.toMatchObject({ code: 'ERR_TEU_RUNTIME', operation: 'subscribe' })
    expect(topics).toEqual(['/tasks/exit'])
  })

  test('a stream whose daemon says nothing more ends at the deadline of calls; the caller may take its time', async () => {
    const transport = new FakeTransport().on(Content.method.read, async function* () {
      yield { data: Buffer.from('a') }
      yield { data: Buffer.from('b') }
      await new Promise(() => {})
    })
    const services = createServices(transport, { namespace: 'ns', callTimeoutMs: 20 })
    const read: string[] = []
    const reading = (async () => {
      for await (const { data } of services.content.read({})) {
        read.push(Buffer.from(data).toString())
        await new Promise((resolve) => setTimeout(resolve, 40))
      }
    })()
    await expect(reading).rejects.toMatchObject({ code: 'ERR_TEU_TIMEOUT', operation: 'read' })
    expect(read).toEqual(['a', 'b'])
  })

  test('a stream both ways takes requests without their type', async () => {
    const transport = new FakeTransport().on(Content.method.write, (request) => ({ offset: request.offset + 1n }))
    const answers: bigint[] = []
    const requests = (async function* () {
      yield { ref: 'r', offset: 1n }
      yield { ref: 'r', offset: 2n }
    })()
    for await (const answer of over(transport).content.write(requests)) answers.push(answer.offset)
    expect(answers).toEqual([2n, 3n])
  })
})
