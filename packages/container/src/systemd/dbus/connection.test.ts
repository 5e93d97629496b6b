import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DBusConnection, DBusError, type MethodCall } from './connection.ts'
import { type DBusMessage, decodeMessage, encodeMessage, FIXED_HEADER_BYTES, messageSize } from './message.ts'

/** A bus of our own that does what a test tells it. */
class FakeBus {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'teu-bus-'))
  readonly path: string = join(this.directory, 'bus')
  readonly calls: DBusMessage[] = []
  greeting = 'DATA\r\nOK 0123\r\n'
  answer: (call: DBusMessage, socket: Socket) => void = (call, socket) => reply(socket, call)
  readonly #sockets = new Set<Socket>()
  readonly #server: Server = createServer((socket) => this.#serve(socket))

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(this.path, resolve))
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    rmSync(this.directory, { recursive: true })
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    let input = Buffer.alloc(0)
    let open = false
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => {
      input = Buffer.concat([input, chunk])
      if (!open) {
        if (input.toString('latin1') === '\0AUTH EXTERNAL\r\nDATA\r\n') socket.write(this.greeting)
        const begin = input.indexOf('BEGIN\r\n')
        if (begin < 0) return
        open = true
        input = input.subarray(begin + 7)
      }
      while (input.length >= FIXED_HEADER_BYTES) {
        const size = messageSize(input)
        if (input.length < size) return
        const call = decodeMessage(input.subarray(0, size)) as DBusMessage
        input = input.subarray(size)
        this.calls.push(call)
        if (call.member === 'Hello') reply(socket, call)
        else this.answer(call, socket)
      }
    })
  }
}

function reply(socket: Socket, call: DBusMessage, signature = '', body: DBusMessage['body'] = []): void {
  socket.write(encodeMessage({ type: 'reply', serial: 1, replySerial: call.serial, signature, body }))
}

const CALL: MethodCall = { destination: 'a.b', path: '/a', interface: 'a.b', member: 'M' }

let bus: FakeBus
beforeEach(async () => {
  bus = new FakeBus()
  await bus.listen()
})
afterEach(() => bus.close())

describe('DBusConnection', () => {
  it('authenticates, says hello, and calls', async () => {
    bus.answer = (call, socket) => reply(socket, call, 'u', [5])
    await using connection = await DBusConnection.open(bus.path)
    expect(await connection.call({ ...CALL, signature: 's', body: ['x'] })).toEqual([5])
    expect(bus.calls.map(({ member }) => member)).toEqual(['Hello', 'M'])
    expect(bus.calls[1]).toMatchObject({ path: '/a', interface: 'a.b', destination: 'a.b', body: ['x'] })
  })

  it('finds the reply that belongs to a call, in whatever order and pieces they come', async () => {
    const waiting: DBusMessage[] = []
    bus.answer = (call, socket) => {
      waiting.push(call)
      if (waiting.length < 3) return
      const bytes = waiting
        .reverse()
        .map((one) => encodeMessage({ type: 'reply', serial: 1, replySerial: one.serial, signature: 's', body: [one.member ?? ''] }))
      for (const byte of Buffer.concat(bytes)) socket.write(Uint8Array.of(byte))
    }
    await using connection = await DBusConnection.open(bus.path)
    const names = ['A', 'B', 'C']
    expect(await Promise.all(names.map((member) => connection.call({ ...CALL, member })))).toEqual([['A'], ['B'], ['C']])
  })

  it('rejects with the error reply', async () => {
    bus.answer = (call, socket) =>
      socket.write(
        encodeMessage({ type: 'error', serial: 1, replySerial: call.serial, errorName: 'a.Bad', signature: 's', body: ['no good'] }),
      )
    await using connection = await DBusConnection.open(bus.path)
    const error: unknown = await connection.call(CALL).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(DBusError)
    expect(error).toMatchObject({ errorName: 'a.Bad', message: 'no good' })
  })

  it('passes signals to its listeners until they end', async () => {
    await using connection = await DBusConnection.open(bus.path)
    const heard: unknown[] = []
    const stop = connection.onSignal(({ member, body }) => heard.push([member, ...body]))
    bus.answer = (call, socket) => {
      socket.write(encodeMessage({ type: 'signal', serial: 9, path: '/a', interface: 'a.b', member: 'S', signature: 's', body: ['x'] }))
      reply(socket, call)
    }
    await connection.call(CALL)
    stop()
    await connection.call(CALL)
    expect(heard).toEqual([['S', 'x']])
  })

  it('gives each call a deadline and an end by signal', async () => {
    bus.answer = () => undefined
    await using connection = await DBusConnection.open(bus.path)
    await expect(connection.call(CALL, { timeoutMs: 20 })).rejects.toMatchObject({ code: 'ERR_TEU_TIMEOUT' })
    const controller = new AbortController()
    const call = connection.call(CALL, { signal: controller.signal })
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(call).rejects.toBe(reason)
    await expect(connection.call(CALL, { signal: controller.signal })).rejects.toBe(reason)
  })

  it('fails every call in flight when the connection breaks, and all later ones', async () => {
    bus.answer = (_call, socket) => socket.destroy()
    await using connection = await DBusConnection.open(bus.path)
    await expect(Promise.allSettled([connection.call(CALL), connection.call(CALL)])).resolves.toMatchObject([
      { reason: { code: 'ERR_TEU_SYSTEM' } },
      { reason: { code: 'ERR_TEU_SYSTEM' } },
    ])
    await expect(connection.call(CALL)).rejects.toThrow('the message bus has closed the connection')
  })

  it('closes on bytes that are no D-Bus message', async () => {
    bus.answer = (_call, socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')
    await using connection = await DBusConnection.open(bus.path)
    await expect(connection.call(CALL)).rejects.toThrow('Not a D-Bus message')
  })

  it('says why it cannot be opened', async () => {
    await expect(DBusConnection.open(join(bus.directory, 'none'))).rejects.toMatchObject({
      code: 'ERR_TEU_SYSTEM',
      errno: 'ENOENT',
      syscall: 'connect',
    })
    bus.greeting = 'REJECTED EXTERNAL\r\n'
    await expect(DBusConnection.open(bus.path)).rejects.toThrow('does not accept this user: REJECTED EXTERNAL')
    bus.greeting = 'x'.repeat(5000)
    await expect(DBusConnection.open(bus.path)).rejects.toThrow('the line is too long')
    bus.greeting = ''
    await expect(DBusConnection.open(bus.path, { timeoutMs: 20 })).rejects.toMatchObject({ code: 'ERR_TEU_TIMEOUT' })
    await expect(DBusConnection.open(bus.path, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough')
  })
})
