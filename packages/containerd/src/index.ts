/** `@teu/containerd`: a client of a containerd daemon. */
export * from './any.ts'
export type { CheckpointOptions } from './checkpoint/create.ts'
export type * from './client.ts'
export { type EventSubscription, subscribeEvents, type SubscribeOptions } from './connection/subscribe.ts'
export { rootlessAddress, WELL_KNOWN_ADDRESSES } from './connection/address.ts'
export { containerRecord } from './container/record.ts'
export type { ContainerHandle } from './container-handle.ts'
export { Containerd, type ContainerdOptions } from './containerd.ts'
export type { EventFilter } from './events/broadcast.ts'
export type { DaemonEvent } from './events/daemon-event.ts'
export type { DaemonPlugin, Features } from './features.ts'
export * from './image/index.ts'
export { normalise, type NormalisedMetrics } from './metrics/normalise.ts'
export type { CgroupV1Metrics, CgroupV2Metrics, TaskMetrics } from './metrics/read.ts'
export type { DeleteOptions, DeleteTaskOptions } from './operations/delete-task.ts'
export type { RestoreOptions } from './operations/restore.ts'
export type { CreatedTask, StartOptions } from './operations/start.ts'
export type { ProcessSummary, Stats, UpdateOptions } from './operations/task-calls.ts'
export type { Report } from './report.ts'
export { openGrpcTransport } from './rpc/grpc-transport.ts'
export {
  createServiceClient,
  createServices,
  type ServiceClient,
  type ServiceDefaults,
  type ServiceMethod,
  type Services,
} from './rpc/services.ts'
export { RpcError, RpcStatus, type RpcErrorDetails } from './rpc/status.ts'
export type { CallOptions, Transport } from './rpc/transport.ts'
export { processInfo } from './task-status.ts'
export * from './types.ts'
