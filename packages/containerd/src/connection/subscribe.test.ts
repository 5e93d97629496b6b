import { afterEach, describe, expect, test, vi } from 'vitest'
import { protobufAny } from '../any.ts'
import { ContainerUpdateSchema, TaskExitSchema, TaskStartSchema } from '../gen/containerd/events/events.gen.ts'
import { Events } from '../gen/containerd/services/events/v1/events.gen.ts'
import { Health } from '../gen/grpc/health/v1/health.gen.ts'
import { createServices } from '../rpc/services.ts'
import { RpcError, RpcStatus } from '../rpc/status.ts'
import { FakeDaemon } from '../testing/fake-daemon.ts'
import { subscribeEvents, type EventSubscription } from './subscribe.ts'

afterEach(() => {
  vi.useRealTimers()
})

const filters = ['topic=="/tasks/start"']
const servicesOf = (daemon: FakeDaemon) => createServices(daemon.transport, { namespace: 'default', callTimeoutMs: 5_000 })

async function take(events: EventSubscription, count: number): Promise<string[]> {
  const seen: string[] = []
  for await (const { namespace, topic, containerId, execId, pid, exitCode } of events) {
    seen.push([topic, `${namespace}/${containerId}`, execId, pid, exitCode].join(' '))
    if (seen.length === count) break
  }
  return seen
}

describe('subscribeEvents()', () => {
  test('resolves when the subscription stands, and brings what is told then, of all namespaces', async () => {
    const daemon = new FakeDaemon()
    daemon.registerMs = 30
    const events = await subscribeEvents(servicesOf(daemon), { filters, signal: new AbortController().signal })
    expect(events.isSure).toBe(true)
    daemon.tell('/tasks/start', TaskStartSchema, { containerId: 'a', pid: 7 })
    daemon.push({ topic: '/tasks/exit', namespace: 'other', event: { typeUrl: TaskExitSchema.typeName, value: Buffer.from([0xff]) } })
    daemon.push({ topic: '/images/create', namespace: 'other' })
    const exit = protobufAny(TaskExitSchema, { containerId: 'a', id: 'e1', pid: 8, exitStatus: 3 })
    daemon.push({ topic: '/tasks/exit', namespace: 'other', event: exit })
    daemon.push({ topic: '/containers/update', namespace: 'ns', event: protobufAny(ContainerUpdateSchema, { id: 'a' }) })
    expect(await take(events, 3)).toEqual(['/tasks/start ns/a  7 ', '/tasks/exit other/a e1 8 3', '/containers/update ns/a  0 '])
    expect(daemon.transport.calls[0]).toMatchObject({
      method: 'Events.subscribe',
      request: { filters: [...filters, 'topic=="/teu/sync"'] },
    })
  })

  test('publishes nothing without a barrier, and is not sure then, nor where nobody may publish', async () => {
    const daemon = new FakeDaemon()
    const { signal } = new AbortController()
    expect(await subscribeEvents(servicesOf(daemon), { filters, barrier: false, signal })).toMatchObject({ isSure: false })
    expect(daemon.transport.names()).toEqual(['Events.subscribe'])
    daemon.transport.on(Events.method.publish, () => Promise.reject(new RpcError(RpcStatus.PERMISSION_DENIED, 'no')))
    expect(await subscribeEvents(servicesOf(daemon), { filters, signal })).toMatchObject({ isSure: false })
  })

  test('that the daemon cancels it is a loss, after what was told before', async () => {
    const daemon = new FakeDaemon()
    const events = await subscribeEvents(servicesOf(daemon), { filters, signal: new AbortController().signal })
    daemon.tell('/tasks/start', TaskStartSchema, { containerId: 'a', pid: 7 })
    daemon.lose()
    const seen: string[] = []
    const reading = (async () => {
      for await (const { containerId } of events) seen.push(containerId)
    })()
    await expect(reading).rejects.toMatchObject({ code: 'ERR_TEU_UNAVAILABLE' })
    expect(seen).toEqual(['a'])
  })

  test('a subscription that the daemon refuses fails with its words', async () => {
    const daemon = new FakeDaemon()
    // eslint-disable-next-line require-yield
    daemon.transport.on(Events.method.subscribe, async function* () {
      await Promise.resolve()
      throw new RpcError(RpcStatus.UNKNOWN, 'parse error')
    })
    daemon.transport.on(Events.method.publish, () => ({}))
    const { signal } = new AbortController()
    await expect(subscribeEvents(servicesOf(daemon), { filters: ['x=='], signal })).rejects.toThrow('parse error')
  })

  test('a daemon that is there and does not answer is lost after a while', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const daemon = new FakeDaemon()
    const events = await subscribeEvents(servicesOf(daemon), { filters, signal: new AbortController().signal })
    const reading = take(events, 1)
    reading.catch(() => {})
    await vi.advanceTimersByTimeAsync(15_000)
    daemon.transport.on(Health.method.check, () => new Promise<never>(() => {}))
    await vi.advanceTimersByTimeAsync(15_000)
    await expect(reading).rejects.toMatchObject({ code: 'ERR_TEU_TIMEOUT' })
    expect(vi.getTimerCount()).toBe(0)
  })

  test('aborting throws the reason, while it is made and while it is read', async () => {
    const daemon = new FakeDaemon()
    const reason = new Error('enough')
    daemon.registerMs = 1_000_000
    const early = new AbortController()
    const making = subscribeEvents(servicesOf(daemon), { filters, signal: early.signal })
    early.abort(reason)
    await expect(making).rejects.toBe(reason)

    daemon.registerMs = 0
    const late = new AbortController()
    const events = await subscribeEvents(servicesOf(daemon), { filters, signal: late.signal })
    const reading = take(events, 1)
    late.abort(reason)
    await expect(reading).rejects.toBe(reason)
  })
})
