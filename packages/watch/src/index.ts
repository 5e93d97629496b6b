/** `@teu/watch`: which containers are alive, on every engine of this machine, and what changes about it. */
export { type Cancellable, type EngineClient, type EngineEvent, type LifecycleType, NotAliveError } from './engine-client.ts'
export type { EventOptions, TypedEvent } from './events/broadcast.ts'
export type { Overflow } from './events/event-queue.ts'
export type { ContainerFilter, FilterRules } from './events/filter.ts'
export { type ConnectionEvent, type ContainerEvent, type EventSource, isContainerEvent, type WatchEvent } from './events/watch-event.ts'
export type { Logger } from './logger.ts'
export {
  COMPOSER_PROJECT_LABEL,
  type Container,
  type ContainerFacts,
  containerOf,
  describeContainer,
  type EngineRef,
} from './picture/container.ts'
export { Portfolio, Project } from './picture/portfolio.ts'
export { type Backoff, type ExponentialBackoff, exponentialBackoff, type Failure } from './watcher/backoff.ts'
export { Watcher, type WatcherState, type WatchOptions } from './watcher/watcher.ts'
