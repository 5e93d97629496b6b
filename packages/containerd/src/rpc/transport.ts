/** How calls reach a daemon. The client knows nothing else of gRPC, so that tests and other carriers can take its place. */

import type {
  DescMessage,
  DescMethod,
  DescMethodBiDiStreaming,
  DescMethodServerStreaming,
  DescMethodUnary,
  MessageShape,
} from '@bufbuild/protobuf'

/** Options of one call. */
export interface CallOptions {
  /** Ends the call; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** Deadline in milliseconds; 0 is none. */
  readonly timeoutMs?: number | undefined
  /** Request headers, lower case. */
  readonly metadata?: Readonly<Record<string, string>> | undefined
}

/** A connection that makes itself anew when it is lost. Failures are `RpcError`, or the reason of the caller's signal. */
export interface Transport {
  unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageShape<I>,
    options: CallOptions,
  ): Promise<MessageShape<O>>
  /** Leaving the loop over the answers cancels the call. */
  serverStream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodServerStreaming<I, O>,
    request: MessageShape<I>,
    options: CallOptions,
  ): AsyncIterable<MessageShape<O>>
  /** Requests are taken from `requests` as fast as the daemon reads them. */
  duplexStream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodBiDiStreaming<I, O>,
    requests: AsyncIterable<MessageShape<I>>,
    options: CallOptions,
  ): AsyncIterable<MessageShape<O>>
  /** Ends what is under way and gives the connection back. Calls fail from then on, with FAILED_PRECONDITION. */
  close(): void
  /** {@link Transport.close}, and resolves when nothing is left of the connection. */
  end(): Promise<void>
}

/** The path of a method on the wire, for example `/containerd.services.tasks.v1.Tasks/Get`. */
export function methodPath(method: DescMethod): string {
  return `/${method.parent.typeName}/${method.name}`
}
