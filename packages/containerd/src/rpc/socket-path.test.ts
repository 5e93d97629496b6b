import { expect, it } from 'vitest'
import { openGrpcTransport } from './grpc-transport.ts'
import { usableSocketPath } from './socket-path.ts'

it.each(['unix:///run/x.sock', 'unix:/run/x.sock', '/run/x.sock'])('knows the socket of %s', (address) => {
  expect(usableSocketPath(address)).toBe('/run/x.sock')
})

it.each([
  '',
  'unix://',
  'http://run/x.sock',
  'tcp://127.0.0.1:1',
  'containerd:///run/x.sock',
  'run/x.sock',
  'unix:run/x.sock',
  '@x',
  '/run/\0x',
])('refuses %j before it connects to anything', async (address) => {
  await expect(openGrpcTransport(address)).rejects.toMatchObject({ code: 'ERR_TEU_USAGE' })
})

it('refuses a path that the kernel would cut off', () => {
  expect(usableSocketPath(`/${'x'.repeat(106)}`)).toHaveLength(107)
  expect(() => usableSocketPath(`/${'x'.repeat(107)}`)).toThrow(/at most 107 bytes/)
  expect(() => usableSocketPath(`/${'ä'.repeat(60)}`)).toThrow(/at most 107 bytes/)
})
