/** The one module that speaks gRPC for CRI. It is loaded with the first call: programs that watch other engines do not pay for it. */

import { createServiceClient, openGrpcTransport, type ServiceClient, type Transport } from '@teu/containerd'
import { RuntimeService } from '../gen/runtime/v1/runtime.gen.ts'

/** Calls of `runtime.v1.RuntimeService`, as far as watching needs them. */
export type RuntimeClient = ServiceClient<typeof RuntimeService>

/** An open connection. */
export interface OpenRuntime {
  readonly runtime: RuntimeClient
  readonly transport: Transport
}

const CALL_TIMEOUT_MS = 30_000

/** Opens a connection to a Unix socket, which need not be there yet. */
export async function openRuntime(path: string): Promise<OpenRuntime> {
  const transport = await openGrpcTransport(path)
  const defaults = { callTimeoutMs: CALL_TIMEOUT_MS, address: path, daemon: 'the CRI engine' }
  return { runtime: createServiceClient(RuntimeService, transport, defaults), transport }
}
