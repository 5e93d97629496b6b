/** `@teu/containerd`: a client of a containerd daemon. */
export * from './any.ts'
export * from './error/code.ts'
export {
  createServiceClient,
  createServices,
  type ServiceClient,
  type ServiceDefaults,
  type ServiceMethod,
  type Services,
} from './rpc/services.ts'
export { openGrpcTransport } from './rpc/grpc-transport.ts'
export { RpcError, RpcStatus, type RpcErrorDetails } from './rpc/status.ts'
export type { CallOptions, Transport } from './rpc/transport.ts'
