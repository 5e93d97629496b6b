/** The transport over a Unix socket, with @grpc/grpc-js. The library is loaded with the first connection: it costs 35 ms. */

import { toBinary, type DescMessage, type DescMethod, type MessageShape } from '@bufbuild/protobuf'
import type * as Grpc from '@grpc/grpc-js'
import { decodeMessage } from './decode-message.ts'
import { KnownSockets } from './known-sockets.ts'
import { plainDetails } from './plain-details.ts'
import { usableSocketPath } from './socket-path.ts'
import { RpcError, RpcStatus } from './status.ts'
import { methodPath, type CallOptions, type Transport } from './transport.ts'

/** containerd's own limit for messages, both ways. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024
const MAX_RECONNECT_DELAY_MS = 3_000
/** Statuses that also stand for a connection that is lost or cannot be made. */
const OF_CONNECTIONS: ReadonlySet<number> = new Set([RpcStatus.UNAVAILABLE, RpcStatus.CANCELLED, RpcStatus.INTERNAL])

/** Opens a transport; the socket need not be there yet.
 *  @param address  `unix:///run/containerd/containerd.sock`, or an absolute path
 *  @throws {TeuError} ERR_TEU_USAGE for an address that is neither */
export async function openGrpcTransport(address: string): Promise<Transport> {
  const path = usableSocketPath(address)
  const grpc = await import('@grpc/grpc-js')
  const sockets = new KnownSockets()
  const client = new grpc.Client(`unix://${path}`, sockets.of(grpc.credentials.createInsecure()), {
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.min_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': MAX_RECONNECT_DELAY_MS,
    // Otherwise two clients of one program would share a connection, and closing one would end the other's calls.
    'grpc.use_local_subchannel_pool': 1,
  })
  return new GrpcTransport(grpc, client, sockets)
}

class GrpcTransport implements Transport {
  readonly #grpc: typeof Grpc
  readonly #client: Grpc.Client
  readonly #sockets: KnownSockets
  readonly #calls = new Set<{ cancel(): void }>()
  #isClosed = false

  constructor(grpc: typeof Grpc, client: Grpc.Client, sockets: KnownSockets) {
    this.#grpc = grpc
    this.#client = client
    this.#sockets = sockets
  }

  unary: Transport['unary'] = async (method, request, options) => {
    this.#check(options)
    const { encode, decode } = codec(method)
    const metadata = this.#metadata(options)
    return new Promise((resolve, reject) => {
      const done = (error: Grpc.ServiceError | null, response: unknown): void => {
        stop()
        this.#calls.delete(call)
        if (error !== null) reject(this.#error(error, options.signal))
        else resolve(response as MessageShape<typeof method.output>)
      }
      const call = this.#client.makeUnaryRequest(methodPath(method), encode, decode, request, metadata, callOptions(options), done)
      this.#calls.add(call)
      const stop = cancelOnAbort(call, options.signal)
    })
  }

  async *serverStream<I extends DescMessage, O extends DescMessage>(
    method: DescMethod & { input: I; output: O },
    request: MessageShape<I>,
    options: CallOptions,
  ): AsyncGenerator<MessageShape<O>> {
    this.#check(options)
    const { encode, decode } = codec(method)
    const metadata = this.#metadata(options)
    const call = this.#client.makeServerStreamRequest(methodPath(method), encode, decode, request, metadata, callOptions(options))
    yield* this.#answers<MessageShape<O>>(call, options.signal)
  }

  async *duplexStream<I extends DescMessage, O extends DescMessage>(
    method: DescMethod & { input: I; output: O },
    requests: AsyncIterable<MessageShape<I>>,
    options: CallOptions,
  ): AsyncGenerator<MessageShape<O>> {
    this.#check(options)
    const { encode, decode } = codec(method)
    const call = this.#client.makeBidiStreamRequest(methodPath(method), encode, decode, this.#metadata(options), callOptions(options))
    let failure: { readonly error: unknown } | undefined
    const written = send(call, requests).catch((error: unknown) => {
      failure = { error }
      call.cancel()
    })
    try {
      yield* this.#answers<MessageShape<O>>(call, options.signal)
      await written
    } catch (error) {
      throw failure === undefined ? error : failure.error
    }
    if (failure !== undefined) throw failure.error
  }

  /** Calls that are under way fail, and do not keep the program from ending. */
  close(): void {
    this.#isClosed = true
    for (const call of this.#calls) call.cancel()
    this.#client.close()
  }

  async end(): Promise<void> {
    this.close()
    await this.#sockets.close()
  }

  #check({ signal }: CallOptions): void {
    signal?.throwIfAborted()
    if (this.#isClosed) throw closed()
  }

  #error(error: Grpc.ServiceError, signal: AbortSignal | undefined): unknown {
    if (this.#isClosed && signal?.aborted !== true) return closed()
    return rpcError(error, signal)
  }

  async *#answers<T>(call: Grpc.ClientReadableStream<unknown>, signal: AbortSignal | undefined): AsyncGenerator<T> {
    const stop = cancelOnAbort(call, signal)
    this.#calls.add(call)
    // A call that is cancelled when its reader has gone still reports its end.
    call.on('error', () => {})
    try {
      for await (const message of call) yield message as T
    } catch (error) {
      throw this.#error(error as Grpc.ServiceError, signal)
    } finally {
      stop()
      this.#calls.delete(call)
      call.cancel()
    }
  }

  #metadata(options: CallOptions): Grpc.Metadata {
    const metadata = new this.#grpc.Metadata()
    for (const [key, value] of Object.entries(options.metadata ?? {})) metadata.set(key, value)
    return metadata
  }
}

const callOptions = (options: CallOptions): Grpc.CallOptions =>
  options.timeoutMs === undefined || options.timeoutMs === 0 ? {} : { deadline: Date.now() + options.timeoutMs }

function codec(method: DescMethod): { encode: (value: unknown) => Buffer; decode: (bytes: Buffer) => unknown } {
  return {
    encode: (value) => Buffer.from(toBinary(method.input, value as MessageShape<DescMessage>)),
    decode: (bytes) => decodeMessage(method.output, bytes),
  }
}

/** Cancels a call when the signal fires; the result takes that back. */
function cancelOnAbort(call: { cancel(): void }, signal: AbortSignal | undefined): () => void {
  const cancel = (): void => call.cancel()
  signal?.addEventListener('abort', cancel, { once: true })
  return () => signal?.removeEventListener('abort', cancel)
}

const closed = (): RpcError => new RpcError(RpcStatus.FAILED_PRECONDITION, 'this client was disposed', { answered: false })

/** Writes all requests with back-pressure, then says that there are no more. Ends early when the call has ended. */
async function send<T>(call: Grpc.ClientDuplexStream<T, unknown>, requests: AsyncIterable<T>): Promise<void> {
  const ended = new Promise<true>((resolve) => call.once('status', () => resolve(true)).once('close', () => resolve(true)))
  for await (const request of requests) {
    const drained = call.write(request) ? undefined : new Promise<false>((resolve) => call.once('drain', () => resolve(false)))
    if (drained !== undefined && (await Promise.race([drained, ended]))) return
  }
  call.end()
}

/** An error of the library as ours; the signal's reason when that ended the call. */
function rpcError(error: Grpc.ServiceError, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted === true) return signal.reason
  if (typeof error.code !== 'number') return error
  // What the library makes up itself is one of a few, and has no trailers.
  const answered = !OF_CONNECTIONS.has(error.code) || Object.keys(error.metadata?.getMap() ?? {}).length > 0
  // The library has the errno only in its sentence.
  const errno = answered ? undefined : /\bE[A-Z]{3,}\b/.exec(error.details)?.[0]
  return new RpcError(error.code, plainDetails(error.details), { answered, errno, cause: error })
}
