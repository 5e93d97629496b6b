/** Connection to a message bus over a Unix socket: method calls and signals, nothing else. */

import type { Socket } from 'node:net'
import { TeuError } from '@teu/spec'
import { type DBusMessage, decodeMessage, encodeMessage, FIXED_HEADER_BYTES, messageSize } from './message.ts'
import type { DBusValue } from './value.ts'

/** Deadline for one call, unless its options say otherwise. */
export const DEFAULT_TIMEOUT_MS = 25_000
/** Largest line during authentication. */
const MAX_LINE_BYTES = 4096

/** Limits of one operation. */
export interface WaitOptions {
  /** Milliseconds. Default {@link DEFAULT_TIMEOUT_MS}. */
  timeoutMs?: number
  signal?: AbortSignal | undefined
}

export interface MethodCall {
  readonly destination: string
  readonly path: string
  readonly interface: string
  readonly member: string
  /** Signature of `body`. Default: no arguments. */
  readonly signature?: string
  readonly body?: readonly DBusValue[]
}

/** An error reply. */
export class DBusError extends Error {
  /** For example `org.freedesktop.systemd1.UnitExists`. */
  readonly errorName: string

  constructor(errorName: string, message: string) {
    super(message)
    this.name = 'DBusError'
    this.errorName = errorName
  }
}

type State =
  | { readonly name: 'authenticating'; done(error?: Error): void }
  | { readonly name: 'open' }
  | { readonly name: 'closed'; readonly error: Error }

interface PendingCall {
  resolve(body: readonly DBusValue[]): void
  reject(error: Error): void
}

/** An authenticated connection. Disposing closes it; calls in flight then fail.
 *  @see D-Bus specification, "Authentication Protocol", "Message Bus Specification" */
export class DBusConnection implements AsyncDisposable {
  readonly #socket: Socket
  readonly #pending = new Map<number, PendingCall>()
  readonly #listeners = new Set<(message: DBusMessage) => void>()
  #state: State
  #input: Uint8Array = new Uint8Array(0)
  #serial = 0

  private constructor(socket: Socket, done: (error?: Error) => void) {
    this.#socket = socket
    this.#state = { name: 'authenticating', done }
    socket.on('data', (chunk: Uint8Array) => this.#receive(chunk))
    socket.on('error', (error: Error) => this.#end(error))
    socket.on('close', () => this.#end(new Error('the message bus has closed the connection')))
  }

  /** Connects, authenticates as the user of this process (EXTERNAL: the kernel vouches for it) and says hello to the bus.
   *  @param path  of the socket
   *  @throws {TeuError} ERR_TEU_SYSTEM, ERR_TEU_TIMEOUT; the signal's reason */
  static async open(path: string, options: WaitOptions = {}): Promise<DBusConnection> {
    const socket = process.getBuiltinModule('node:net').connect({ path })
    try {
      const connection = await within<DBusConnection>(options, `connect to the message bus at ${path}`, (settle) => {
        const opening = new DBusConnection(socket, (error) => settle(error, opening))
        // No identity of our own making: an empty one means "whoever the socket says I am", which also holds in user namespaces.
        socket.once('connect', () => socket.write('\0AUTH EXTERNAL\r\nDATA\r\n'))
      })
      await connection.call({ destination: BUS, path: BUS_PATH, interface: BUS, member: 'Hello' }, options)
      return connection
    } catch (error) {
      socket.destroy()
      const errno = (error as NodeJS.ErrnoException).syscall === 'connect' ? (error as NodeJS.ErrnoException).code : undefined
      if (errno === undefined) throw error
      throw new TeuError('ERR_TEU_SYSTEM', `Cannot connect to the message bus at ${path}: connect failed with ${errno}`, {
        path,
        errno,
        syscall: 'connect',
        cause: error,
      })
    }
  }

  /** Calls a method and returns the values of its reply.
   *  @throws {DBusError} the error reply; {TeuError} ERR_TEU_TIMEOUT, ERR_TEU_SYSTEM when the connection breaks; the signal's reason */
  async call(call: MethodCall, options: WaitOptions = {}): Promise<readonly DBusValue[]> {
    if (this.#state.name === 'closed') throw broken(this.#state.error)
    const serial = ++this.#serial
    const { signature = '', body = [], ...target } = call
    const message = encodeMessage({ type: 'call', serial, signature, body, ...target })
    try {
      return await within<readonly DBusValue[]>(options, `call ${call.interface}.${call.member}`, (settle) => {
        this.#pending.set(serial, { resolve: (values) => settle(undefined, values), reject: settle })
        this.#socket.write(message)
      })
    } finally {
      this.#pending.delete(serial)
    }
  }

  /** Hears all signals that come in from now on.
   *  @returns  a function that ends it */
  onSignal(listener: (message: DBusMessage) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Asks the bus to pass on the signals that match a rule.
   *  @see D-Bus specification, "Match Rules" */
  async addMatch(rule: string, options: WaitOptions = {}): Promise<void> {
    await this.call({ destination: BUS, path: BUS_PATH, interface: BUS, member: 'AddMatch', signature: 's', body: [rule] }, options)
  }

  close(): void {
    this.#end(new Error('the connection was closed'))
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close()
    return Promise.resolve()
  }

  #receive(chunk: Uint8Array): void {
    this.#input = this.#input.length === 0 ? chunk : Buffer.concat([this.#input, chunk])
    try {
      if (this.#state.name === 'authenticating') this.#authenticate(this.#state.done)
      if (this.#state.name === 'open') this.#receiveMessages()
    } catch (error) {
      this.#end(error as Error)
    }
  }

  /** Two lines are expected: `DATA` for our empty identity, and `OK <guid>`. */
  #authenticate(done: (error?: Error) => void): void {
    for (;;) {
      const end = this.#input.indexOf(0x0a)
      if (end < 0) {
        if (this.#input.length > MAX_LINE_BYTES) throw new RangeError('the line is too long')
        return
      }
      const line = Buffer.from(this.#input.subarray(0, end)).toString('latin1').trimEnd()
      this.#input = this.#input.subarray(end + 1)
      if (line === 'DATA') continue
      if (!line.startsWith('OK ')) throw new Error(`the bus does not accept this user: ${line.slice(0, 80)}`)
      this.#socket.write('BEGIN\r\n')
      this.#state = { name: 'open' }
      done()
      return
    }
  }

  #receiveMessages(): void {
    while (this.#input.length >= FIXED_HEADER_BYTES) {
      const size = messageSize(this.#input.subarray(0, FIXED_HEADER_BYTES))
      if (this.#input.length < size) return
      const message = decodeMessage(this.#input.subarray(0, size))
      this.#input = this.#input.subarray(size)
      if (message) this.#dispatch(message)
    }
  }

  #dispatch(message: DBusMessage): void {
    if (message.type === 'signal') {
      for (const listener of this.#listeners) listener(message)
      return
    }
    const pending = this.#pending.get(message.replySerial ?? 0)
    if (message.type === 'reply') pending?.resolve(message.body)
    else if (message.type === 'error') {
      const [text] = message.body
      pending?.reject(new DBusError(message.errorName ?? '', typeof text === 'string' ? text : (message.errorName ?? 'unknown error')))
    }
  }

  #end(error: Error): void {
    const state = this.#state
    if (state.name === 'closed') return
    this.#state = { name: 'closed', error }
    this.#socket.destroy()
    if (state.name === 'authenticating') state.done('syscall' in error ? error : broken(error))
    for (const { reject } of this.#pending.values()) reject(broken(error))
  }
}

const BUS = 'org.freedesktop.DBus'
const BUS_PATH = '/org/freedesktop/DBus'

function broken(cause: Error): TeuError {
  return new TeuError('ERR_TEU_SYSTEM', `Cannot talk to the message bus: ${cause.message}`, { cause })
}

/** Runs something that settles by callback, at most until the deadline or the abort. */
export async function within<T = void>(
  { timeoutMs = DEFAULT_TIMEOUT_MS, signal }: WaitOptions,
  what: string,
  start: (settle: (error?: Error, value?: T) => void) => void,
): Promise<T> {
  signal?.throwIfAborted()
  let timer: NodeJS.Timeout | undefined
  let abort: (() => void) | undefined
  try {
    return await new Promise<T>((resolve, reject) => {
      timer = setTimeout(() => reject(new TeuError('ERR_TEU_TIMEOUT', `Cannot ${what}: no answer within ${timeoutMs} ms`)), timeoutMs)
      abort = () => reject(signal?.reason as Error)
      signal?.addEventListener('abort', abort, { once: true })
      start((error, value) => (error ? reject(error) : resolve(value as T)))
    })
  } finally {
    clearTimeout(timer)
    if (abort) signal?.removeEventListener('abort', abort)
  }
}
