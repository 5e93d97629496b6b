/** Servers that answer what no engine would. */

import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openDial } from '../address/dial.ts'
import { expectGivenUp } from '../testing/given-up.ts'
import { json, RestServer } from '../testing/rest-server.ts'
import { EngineHttp } from './engine-http.ts'

/** Says what it is told to, whatever it is asked. */
class OddServer implements AsyncDisposable {
  readonly #dir = mkdtempSync(join(tmpdir(), 'teu-watch-'))
  readonly path = join(this.#dir, 's')
  readonly sockets = new Set<Socket>()
  readonly #server: Server
  readonly ended: Promise<void>

  private constructor(answer: (socket: Socket) => void) {
    let end!: () => void
    this.ended = new Promise((resolve) => (end = resolve))
    this.#server = createServer((socket) => {
      this.sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        this.sockets.delete(socket)
        end()
      })
      socket.once('data', () => answer(socket))
    })
  }

  static async start(answer: (socket: Socket) => void): Promise<OddServer> {
    const server = new OddServer(answer)
    await new Promise<void>((resolve) => server.#server.listen(server.path, resolve))
    return server
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
    rmSync(this.#dir, { recursive: true })
  }
}

const UPGRADE = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: tcp\r\nConnection: Upgrade\r\n\r\n'
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n'

const never = (): void => undefined

async function readAll(stream: AsyncIterable<Buffer>): Promise<void> {
  for await (const _ of stream);
}

describe.each([
  ['another protocol', UPGRADE, 'changed the protocol'],
  ['another protocol, twice', UPGRADE + UPGRADE, 'changed the protocol'],
  ['announcements without end', CONTINUE.repeat(100), 'announce'],
  ['headers without end', `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(20_000)}`, 'Cannot talk to'],
  ['no HTTP', '\0\xff not http\r\n\r\n', 'Cannot talk to'],
])('who answers with %s', (_, text, why) => {
  it('is no engine, and the connection is closed', async () => {
    await using server = await OddServer.start((socket) => void socket.write(text))
    await using http = new EngineHttp(openDial(server.path))
    await expect(http.get('/')).rejects.toMatchObject({ code: 'ERR_TEU_SYSTEM', message: expect.stringContaining(why), path: server.path })
    await server.ended
    expect(server.sockets.size).toBe(0)
  })

  it('has no stream either', async () => {
    await using server = await OddServer.start((socket) => void socket.write(text))
    await using http = new EngineHttp(openDial(server.path))
    const read = async (): Promise<void> => readAll(await http.stream('/', new AbortController().signal, never))
    await expect(read()).rejects.toMatchObject({ code: 'ERR_TEU_SYSTEM' })
    await server.ended
    expect(server.sockets.size).toBe(0)
  })
})

it('who closes the connection without a word is no engine', async () => {
  await using server = await OddServer.start((socket) => void socket.end())
  await using http = new EngineHttp(openDial(server.path))
  await expect(http.get('/')).rejects.toMatchObject({ code: 'ERR_TEU_SYSTEM' })
})

it('a few announcements do no harm', async () => {
  await using server = await OddServer.start((socket) => {
    socket.write(`${CONTINUE.repeat(3)}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK`)
  })
  await using http = new EngineHttp(openDial(server.path))
  expect(await http.get('/')).toMatchObject({ status: 200, body: 'OK' })
})

it('headers that come too slowly are given up, and when it is told to', async () => {
  await using server = await OddServer.start((socket) => void socket.write('HTTP/1.1 200 OK\r\nX: '))
  await using http = new EngineHttp(openDial(server.path))
  await expectGivenUp(http)
})

it('a body that does not end in time is given up', async () => {
  await using server = await OddServer.start((socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123'))
  await using http = new EngineHttp(openDial(server.path))
  await expect(http.get('/', { timeoutMs: 20 })).rejects.toMatchObject({ code: 'ERR_TEU_TIMEOUT' })
  await server.ended
})

it('bodies have a limit', async () => {
  await using server = await RestServer.start('s', (_, response) => json(response, 'x'.repeat(998)))
  await using http = new EngineHttp(openDial(server.path))
  expect((await http.get('/', { maxBodyBytes: 1_000 })).body).toHaveLength(1_000)
  await expect(http.get('/', { maxBodyBytes: 999 })).rejects.toMatchObject({
    code: 'ERR_TEU_SYSTEM',
    message: 'The answer has more than 999 bytes',
  })
})

it('a body without end is given up at 64 MiB', async () => {
  const chunk = Buffer.alloc(1024 * 1024)
  await using server = await RestServer.start('s', (_, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(chunk));
    }
    response.on('drain', more)
    more()
  })
  await using http = new EngineHttp(openDial(server.path))
  await expect(http.get('/')).rejects.toThrow('The answer has more than 67108864 bytes')
})
