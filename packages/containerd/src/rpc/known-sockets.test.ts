import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Version } from '../gen/containerd/services/version/v1/version.gen.ts'
import { openGrpcTransport } from './grpc-transport.ts'

let dir: string
let server: Server
/** The other ends. They are never read, so that they stay open whatever happens to ours. */
const accepted: Socket[] = []
let wanted: (() => void) | undefined

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'teu-known-'))
  server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    accepted.push(socket)
    wanted?.()
  })
  await new Promise<void>((resolve) => server.listen(join(dir, 's'), resolve))
})

afterEach(async () => {
  for (const socket of accepted.splice(0)) socket.destroy()
  await new Promise((resolve) => server.close(resolve))
  rmSync(dir, { recursive: true })
})

/** Sockets of this process but the other ends. */
function ours(): number {
  const links = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return ''
    }
  })
  return links.filter((link) => link.startsWith('socket:')).length - accepted.length
}

it('no socket is left when a transport has ended, though nothing comes back', async () => {
  const before = ours()
  const connected = new Promise<void>((resolve) => (wanted = resolve))
  const transport = await openGrpcTransport(join(dir, 's'))
  const call = transport.unary(Version.method.version, {} as never, {}).catch((error: unknown) => error)
  await connected
  expect(ours()).toBe(before + 1)
  await transport.end()
  expect(ours()).toBe(before)
  expect(await call).toMatchObject({ name: 'RpcError', answered: false })
})

it.each([0, 1, 2, 3])('nor when it has ended %s turns after its beginning', async (turns) => {
  const before = ours()
  const transport = await openGrpcTransport(join(dir, 's'))
  const call = transport.unary(Version.method.version, {} as never, { timeoutMs: 100 }).catch(() => undefined)
  for (let turn = 0; turn < turns; turn++) await nextTurn()
  await transport.end()
  expect(ours()).toBe(before)
  await call
  await nextTurn()
  expect(ours()).toBe(before)
})

it('nor when there was none', async () => {
  const transport = await openGrpcTransport('/nonexistent/socket')
  await transport.end()
  await transport.end()
})
