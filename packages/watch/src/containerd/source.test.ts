import { mkdtempSync, rmSync } from 'node:fs'
import { createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sourceByName } from '../sources.ts'
import { CONTAINERD } from './source.ts'

let dir = ''
let path = ''
let server: Server | undefined

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'teu-watch-'))
  path = join(dir, 'socket')
})

afterEach(async () => {
  await new Promise((resolve) => server?.close(resolve) ?? resolve(undefined))
  server = undefined
  rmSync(dir, { recursive: true })
})

/** A gRPC server with one method, which answers an empty message; to everything else it says that it is not implemented. */
async function serve(method: string): Promise<void> {
  const grpc = createHttp2Server()
  grpc.on('stream', (stream: ServerHttp2Stream, headers) => {
    const head = { ':status': 200, 'content-type': 'application/grpc' }
    if (headers[':path'] !== method) return stream.respond({ ...head, 'grpc-status': '12' }, { endStream: true })
    stream.respond(head, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    stream.end(Buffer.alloc(5))
  })
  server = grpc
  await new Promise<void>((resolve) => grpc.listen(path, resolve))
}

describe('CONTAINERD', () => {
  it('is known by the name of its socket, and of no other of its sockets', () => {
    const nameOf = (socket: string): string | undefined => sourceByName(socket)?.type
    expect(nameOf('/run/containerd/containerd.sock')).toBe('containerd.io')
    expect(nameOf('/run/docker/containerd/containerd.sock')).toBe('containerd.io')
    for (const other of ['containerd.sock.ttrpc', 'containerd-debug.sock', 'containerd-stargz-grpc.sock', 'my-containerd.sock']) {
      expect(nameOf(`/run/${other}`)).toBeUndefined()
    }
    expect(nameOf('/run/crio/crio.sock')).toBe('k8s.io/cri-api')
  })

  it('is who has namespaces', async () => {
    await serve('/containerd.services.namespaces.v1.Namespaces/List')
    expect(await CONTAINERD.answers(path)).toBe(true)
  })

  it('is not who serves CRI alone', async () => {
    await serve('/runtime.v1.RuntimeService/Version')
    expect(await CONTAINERD.answers(path)).toBe(false)
  })

  it('is not who speaks another protocol', async () => {
    server = createServer((socket) => socket.resume().end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    await new Promise<void>((resolve) => server?.listen(path, resolve))
    expect(await CONTAINERD.answers(path)).toBe(false)
    expect(await CONTAINERD.answers(join(dir, 'nothing'))).toBe(false)
    expect(await CONTAINERD.answers(path, { signal: AbortSignal.abort() })).toBe(false)
  })

  it('is not who says nothing', async () => {
    server = createServer((socket) => socket.resume())
    await new Promise<void>((resolve) => server?.listen(path, resolve))
    expect(await CONTAINERD.answers(path, { signal: AbortSignal.timeout(100) })).toBe(false)
  })
})
