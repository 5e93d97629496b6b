/** What a container takes of the machine. */

import type { Container } from '../picture/container.ts'

/** Usage of one container at one moment. What the machine does not tell is undefined. */
export interface Usage {
  /** Processor time since the previous sample; 100 is one whole processor. Undefined until there are two samples of the same process. */
  readonly cpuPercent: number | undefined
  /** Without what the kernel can take back at once (inactive file cache), as `docker stats` counts. */
  readonly memoryBytes: number | undefined
  /** The lowest limit of its cgroup and those above; undefined when there is none. */
  readonly memoryLimitBytes: number | undefined
  /** Processes and threads. */
  readonly pids: number | undefined
  readonly sampledAt: Date
}

/** Names one container of all engines: its id, and the address of its engine's API. It has no space or control character as long as these
 *  have none. */
export function containerKey({ id, engine }: Pick<Container, 'id' | 'engine'>): string {
  // An id is whatever the engine says. The first @ is where it ends.
  return `${id.replaceAll('%', '%25').replaceAll('@', '%40')}@${engine.api}`
}
