/** `@teu/watch`: which containers are alive, on every engine of this machine, and what changes about it. */
export type { DialOptions } from './address/dial.ts'
export { type DockerEndpoint, dockerEndpoint, type Environment } from './address/docker-environment.ts'
export type { TlsOptions } from './address/tls.ts'
export { ContainerdApi, type ContainerdModule } from './containerd/containerd-api.ts'
export { CONTAINERD_SOCKET, CONTAINERD_TYPE, ContainerdEngine, type ContainerdEngineOptions } from './containerd/containerd-engine.ts'
export type { ContainerdDetails } from './containerd/container-facts.ts'
export { DOCKER_NAMESPACE, NERDCTL_LABEL_PREFIX, NERDCTL_NAME_LABEL } from './containerd/names.ts'
export type { NamespaceOptions } from './containerd/namespace-rules.ts'
export {
  CRI_ANNOTATION_PREFIX,
  CRI_CONTAINER_NAME_LABEL,
  CRI_POD_NAME_LABEL,
  CRI_POD_NAMESPACE_LABEL,
  CRI_POD_UID_LABEL,
  CRI_SANDBOX_LABEL,
} from './cri/container-facts.ts'
export { CriApi } from './cri/cri-api.ts'
export { CRI_TYPE, CriEngine, type CriOptions } from './cri/cri-engine.ts'
export type { RuntimeClient } from './cri/runtime-service.ts'
export { findEngines, type FindOptions, type FoundEngine } from './discovery/find-engines.ts'
export type { Trust } from './discovery/trust.ts'
export { DOCKER_SOCKET, DOCKER_TYPE, DockerEngine, type DockerOptions } from './docker/docker-engine.ts'
export {
  type Cancellable,
  type EngineClient,
  type EngineEvent,
  type InspectOptions,
  type LifecycleType,
  type ListOptions,
  NotAliveError,
} from './engine-client.ts'
export type { EngineOptions, Packer } from './engine-options.ts'
export type { EventOptions, TypedEvent } from './events/broadcast.ts'
export type { Overflow } from './events/event-queue.ts'
export type { ContainerFilter, FilterRules } from './events/filter.ts'
export { type ConnectionEvent, type ContainerEvent, type EventSource, isContainerEvent, type WatchEvent } from './events/watch-event.ts'
export type { Logger } from './logger.ts'
export { MergedWatcher, watchAll, type WatchAllOptions } from './merged/merged-watcher.ts'
export {
  COMPOSER_PROJECT_LABEL,
  type Container,
  type ContainerFacts,
  containerOf,
  describeContainer,
  type EngineRef,
} from './picture/container.ts'
export { Portfolio, Project } from './picture/portfolio.ts'
export { POD_ID_LABEL, POD_INFRA_LABEL } from './podman/container-document.ts'
export { PODMAN_SOCKET, PODMAN_TYPE, PodmanEngine } from './podman/podman-engine.ts'
export { EngineApi, type Ping } from './rest/engine-api.ts'
export type { HttpOptions } from './rest/engine-http.ts'
export type { OpenOptions, Source } from './source.ts'
export { SOURCES } from './sources.ts'
export { openConfigured, openEngine, type OpenEngineOptions, watch, type WatchTargetOptions } from './watch.ts'
export { type Backoff, type ExponentialBackoff, exponentialBackoff, type Failure } from './watcher/backoff.ts'
export { Watcher, type WatcherState, type WatchOptions } from './watcher/watcher.ts'
export { containerKey, type Usage } from './usage/usage.ts'
export { UsageSampler, type UsageSamplerOptions } from './usage/usage-sampler.ts'
