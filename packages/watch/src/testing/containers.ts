/** Containers and events of nobody's engine, for tests. */

import type { ConnectionEvent, ContainerEvent } from '../events/watch-event.ts'
import { type Container, type ContainerFacts, containerOf, type EngineRef } from '../picture/container.ts'

export const ENGINE: EngineRef = { type: 'test', id: 'test-1', api: 'unix:///test', pid: 0 }

/** A container of that id; its name is the same unless given. */
export function someContainer(id: string, facts: Partial<ContainerFacts> = {}): Container {
  return containerOf({ id, name: id, labels: {}, pid: 1, paused: false, engine: ENGINE, ...facts })
}

/** An event about a container. */
export function someEvent(type: ContainerEvent['type'], container: Container, previous?: Container): ContainerEvent {
  const exitCode = type === 'exited' ? 0 : undefined
  return { type, container, previous, engine: container.engine, timestamp: new Date(), source: 'event', exitCode }
}

/** An event about the connection. */
export function someConnectionEvent(type: ConnectionEvent['type']): ConnectionEvent {
  return { type, engine: ENGINE, timestamp: new Date(), source: 'sync', error: undefined }
}
