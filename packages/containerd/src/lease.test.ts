import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { TeuError } from '@teu/spec'
import { describe, expect, test } from 'vitest'
import { Leases } from './gen/containerd/services/leases/v1/leases.gen.ts'
import { createServices, type Services } from './rpc/services.ts'
import { RpcError, RpcStatus } from './rpc/status.ts'
import { FakeTransport } from './testing/fake-transport.ts'
import { withLease } from './lease.ts'

const refuse = (status: RpcStatus) => (): never => {
  throw new RpcError(status, 'refused')
}

function daemon(remove: (request: { id: string; sync: boolean }) => object = () => ({})): { services: Services; transport: FakeTransport } {
  const transport = new FakeTransport()
    .on(Leases.method.create, ({ id }) => ({ lease: { id } }))
    .on(Leases.method.addResource, () => ({}))
    .on(Leases.method.delete, remove)
  return { transport, services: createServices(transport, { namespace: 'ns', callTimeoutMs: 0 }) }
}

describe('withLease()', () => {
  test('calls carry the lease, which expires by itself', async () => {
    const { services, transport } = daemon()
    const result = await withLease(services, 'test', async ({ id, services: held, hold }) => {
      await hold('content', 'sha256:x')
      await held.leases.addResource({})
      return id
    })
    expect(result).toMatch(/^teu-test-/)
    expect(transport.names()).toEqual(['Leases.create', 'Leases.addResource', 'Leases.addResource', 'Leases.delete'])
    const created = transport.calls[0]?.request as { labels: Record<string, string> } | undefined
    expect(Date.parse(created?.labels['containerd.io/gc.expire'] ?? '')).toBeGreaterThan(Date.now())
    expect(transport.calls[2]?.options.metadata).toMatchObject({ 'containerd-lease': result })
    expect(transport.calls[3]?.request).toMatchObject({ id: result, sync: false })
  })

  test('a failure collects garbage; a failing clean-up goes with it', async () => {
    const failure = new TeuError('ERR_TEU_TIMEOUT', 'first')
    const { services, transport } = daemon()
    await expect(withLease(services, 'test', () => Promise.reject(failure))).rejects.toBe(failure)
    expect(transport.calls[1]?.request).toMatchObject({ sync: true })
    const refusing = daemon(refuse(RpcStatus.INTERNAL))
    await expect(withLease(refusing.services, 'test', () => Promise.reject(failure))).rejects.toMatchObject({
      code: 'ERR_TEU_TIMEOUT',
      suppressed: [expect.objectContaining({ message: expect.stringContaining('refused') })],
    })
  })

  test('a lease that cannot be deleted after success is reported; one that is gone is fine', async () => {
    const reports: unknown[] = []
    const listen = (message: unknown): number => reports.push(message)
    subscribe('teu:containerd', listen)
    try {
      expect(await withLease(daemon(refuse(RpcStatus.NOT_FOUND)).services, 'test', () => Promise.resolve(1))).toBe(1)
      expect(reports).toEqual([])
      expect(await withLease(daemon(refuse(RpcStatus.INTERNAL)).services, 'test', () => Promise.resolve(1))).toBe(1)
      expect(reports).toMatchObject([{ what: expect.stringMatching(/^delete lease teu-test-/) }])
    } finally {
      unsubscribe('teu:containerd', listen)
    }
  })

  test('a daemon that stays away is waited for as long as cleaning up may take, and the error says what becomes of the lease', async () => {
    const { transport } = daemon(refuse(RpcStatus.UNAVAILABLE))
    const services = createServices(transport, { namespace: 'ns', callTimeoutMs: 0, cleanupTimeoutMs: 120 })
    const failure = new TeuError('ERR_TEU_TIMEOUT', 'first')
    await expect(withLease(services, 'test', () => Promise.reject(failure))).rejects.toMatchObject({
      suppressed: [
        expect.objectContaining({ message: expect.stringMatching(/^Cannot delete lease teu-test-.*ends by itself within a day/) }),
      ],
    })
  })

  test('a daemon that is restarted is waited for', async () => {
    let refusals = 2
    const { services, transport } = daemon(() => {
      refusals -= 1
      return refusals >= 0 ? refuse(RpcStatus.UNAVAILABLE)() : {}
    })
    await withLease(services, 'test', () => Promise.resolve())
    expect(transport.names().filter((name) => name === 'Leases.delete')).toHaveLength(3)
  })
})
