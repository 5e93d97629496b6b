import { expect, test } from 'vitest'
import { Health, ServingStatus } from '../gen/grpc/health/v1/health.gen.ts'
import { FakeTransport } from '../testing/fake-transport.ts'
import { whileAnswering } from './answering.ts'
import { createServices, type Services } from './services.ts'
import { RpcError, RpcStatus } from './status.ts'

const { SERVING } = ServingStatus
const over = (transport: FakeTransport): Services => createServices(transport, { namespace: 'ns', callTimeoutMs: 10 })

/** A call that ends with its signal only. */
const endless = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error))
  })

test('a call without an end is given up when the daemon answers nothing else either', async () => {
  const transport = new FakeTransport().on(Health.method.check, () => new Promise<never>(() => {}))
  await expect(whileAnswering(over(transport), undefined, endless)).rejects.toMatchObject({ code: 'ERR_TEU_TIMEOUT', operation: 'check' })
})

test.each<[string, () => Promise<{ status: typeof SERVING }>]>([
  ['is healthy', () => Promise.resolve({ status: SERVING })],
  ['does not know the question', () => Promise.reject(new RpcError(RpcStatus.UNIMPLEMENTED, 'unknown service'))],
])('a long call goes on while the daemon %s, and nobody asks after its end', async (_what, answer) => {
  const transport = new FakeTransport().on(Health.method.check, answer)
  const slow = (): Promise<string> =>
    new Promise((resolve) => {
      const timer = setInterval(() => {
        if (transport.calls.length < 3) return
        clearInterval(timer)
        resolve('done')
      }, 5)
    })
  expect(await whileAnswering(over(transport), undefined, slow)).toBe('done')
  const asked = transport.calls.length
  await new Promise((resolve) => setTimeout(resolve, 40))
  expect(transport.calls.length).toBe(asked)
})

test('the signal of the caller ends it', async () => {
  const transport = new FakeTransport().on(Health.method.check, () => ({ status: SERVING }))
  const stop = new AbortController()
  setTimeout(() => stop.abort(new Error('enough')), 5)
  await expect(whileAnswering(over(transport), stop.signal, endless)).rejects.toThrow('enough')
  await expect(whileAnswering(over(transport), stop.signal, (signal) => Promise.reject(signal.reason as Error))).rejects.toThrow('enough')
})
