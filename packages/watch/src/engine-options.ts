/** Options that the clients of all engines have in common. */

import { type Logger, silent } from './logger.ts'
import { type Container, type ContainerFacts, containerOf } from './picture/container.ts'

/** Makes what a container carries for the application, out of the engine's raw details. Is called before the container is seen by anybody.
 *  When it throws, that is logged, and the container has no rucksack. */
export type Packer = (container: Container, raw: unknown) => unknown

/** Options of an engine's client. */
export interface EngineOptions {
  /** The engine's process, for tools that translate pids between namespaces; the watcher does not use it. Default 0: not known. */
  readonly pid?: number | undefined
  readonly packer?: Packer | undefined
  readonly logger?: Logger | undefined
}

/** A container with its rucksack packed. */
export function packedContainer(facts: ContainerFacts, raw: unknown, { packer, logger = silent }: EngineOptions): Container {
  const container = containerOf(facts)
  if (packer === undefined) return container
  try {
    return containerOf(facts, packer(container, raw))
  } catch (error) {
    logger.warn({ containerId: container.id, err: error }, 'the packer has thrown')
    return container
  }
}
