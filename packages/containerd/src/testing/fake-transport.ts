/** A transport without a daemon: each method is a function that the test gives. */

import { create, type DescMessage, type DescMethod, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf'
import { RpcError, RpcStatus } from '../rpc/status.ts'
import type { CallOptions, Transport } from '../rpc/transport.ts'

type Message = MessageShape<DescMessage>

/** One call as the fake saw it. */
export interface SeenCall {
  /** `Tasks.get`. */
  readonly method: string
  readonly request: Message
  readonly options: CallOptions
}

/** Answers calls by handlers, and remembers them. A method without a handler says UNIMPLEMENTED. */
export class FakeTransport implements Transport {
  readonly calls: SeenCall[] = []
  readonly #handlers = new Map<DescMethod, (request: never, options: CallOptions) => unknown>()
  closed = false

  /** Sets what a method answers: a message, a promise of one, or for a stream an AsyncIterable. */
  on<I extends DescMessage, O extends DescMessage>(
    method: DescMethod & { input: I; output: O },
    handler: (
      request: MessageShape<I>,
      options: CallOptions,
    ) => MessageInitShape<O> | Promise<MessageInitShape<O>> | AsyncIterable<MessageInitShape<O>>,
  ): this {
    this.#handlers.set(method, handler as (request: never, options: CallOptions) => unknown)
    return this
  }

  /** Puts something in front of what a method answers. It may wait, throw, or give an answer of its own. */
  before<I extends DescMessage, O extends DescMessage>(
    method: DescMethod & { input: I; output: O },
    hook: (request: MessageShape<I>) => Promise<MessageInitShape<O> | undefined | void>,
  ): () => void {
    const handler = this.#handlers.get(method) ?? (() => ({}))
    const hooked = async (request: never, options: CallOptions): Promise<unknown> => (await hook(request)) ?? handler(request, options)
    this.#handlers.set(method, hooked)
    return () => this.#handlers.set(method, handler)
  }

  /** The names of the methods called so far, in order. */
  names(): string[] {
    return this.calls.map((call) => call.method)
  }

  unary: Transport['unary'] = async (method, request, options) => {
    options.signal?.throwIfAborted()
    const answer = Promise.resolve(this.#call(method, request, options) as MessageInitShape<typeof method.output>)
    const limited = withDeadline(answer, options.timeoutMs ?? 0)
    return create(method.output, await (options.signal === undefined ? limited : abortable(limited, options.signal)))
  }

  async *serverStream<I extends DescMessage, O extends DescMessage>(
    method: DescMethod & { input: I; output: O },
    request: MessageShape<I>,
    options: CallOptions,
  ): AsyncGenerator<MessageShape<O>> {
    const iterator = (this.#call(method, request, options) as AsyncIterable<MessageInitShape<O>>)[Symbol.asyncIterator]()
    try {
      for (;;) {
        const next = iterator.next()
        const result = await (options.signal === undefined ? next : abortable(next, options.signal))
        if (result.done === true) return
        yield create(method.output, result.value)
      }
    } finally {
      void iterator.return?.()
    }
  }

  async *duplexStream<I extends DescMessage, O extends DescMessage>(
    method: DescMethod & { input: I; output: O },
    requests: AsyncIterable<MessageShape<I>>,
    options: CallOptions,
  ): AsyncGenerator<MessageShape<O>> {
    for await (const request of requests) {
      const answer = Promise.resolve(this.#call(method, request, options) as MessageInitShape<O>)
      yield create(method.output, await (options.signal === undefined ? answer : abortable(answer, options.signal)))
    }
  }

  close(): void {
    this.closed = true
  }

  end(): Promise<void> {
    this.close()
    return Promise.resolve()
  }

  #call(method: DescMethod, request: Message, options: CallOptions): unknown {
    const name = `${method.parent.name}.${method.localName}`
    this.calls.push({ method: name, request, options })
    const handler = this.#handlers.get(method)
    if (handler === undefined) throw new RpcError(RpcStatus.UNIMPLEMENTED, `unknown method ${name}`)
    return handler(request as never, options)
  }
}

async function withDeadline<T>(answer: Promise<T>, timeoutMs: number): Promise<T> {
  if (timeoutMs === 0) return answer
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new RpcError(RpcStatus.DEADLINE_EXCEEDED, 'deadline exceeded')), timeoutMs)
  })
  return Promise.race([answer, over]).finally(() => clearTimeout(timer))
}

function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error)
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
