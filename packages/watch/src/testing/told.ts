/** What subscribers were told, in short. */

import { isContainerEvent, type WatchEvent } from '../events/watch-event.ts'
import type { Portfolio } from '../picture/portfolio.ts'

/** `started web`, `exited web (3)`, `lost` … */
export function brief(event: WatchEvent): string {
  if (!isContainerEvent(event)) return event.type
  const code = event.exitCode === undefined ? '' : ` (${event.exitCode})`
  return `${event.type} ${event.container.name}${code}`
}

/** Ids, pids, names and pauses of a portfolio, as ScriptedEngine.picture() has them. */
export function pictureOf(portfolio: Portfolio): string[] {
  return [...portfolio].map(({ id, pid, name, paused }) => `${id} ${pid} ${name}${paused ? ' paused' : ''}`).sort()
}

/** The picture of somebody who has only seen the events. Throws on events that cannot follow on the ones before. */
export class Follower {
  readonly #known = new Map<string, string>()

  see(event: WatchEvent): void {
    if (!isContainerEvent(event)) return
    const { type, container, view } = event
    const { pid, name, paused } = container
    const key = `${event.engine.api}\0${container.id}`
    if (this.#known.has(key) === (type === 'started' || view === 'entered')) throw new Error(`${brief(event)} cannot follow`)
    if (type === 'exited' || view === 'left') this.#known.delete(key)
    else this.#known.set(key, `${container.id} ${pid} ${name}${paused ? ' paused' : ''}`)
  }

  picture(): string[] {
    return [...this.#known.values()].sort()
  }
}

/** Lets everything happen that does not wait for time or for the network. */
export async function settle(): Promise<void> {
  for (let n = 0; n < 3; n++) await new Promise((resolve) => setImmediate(resolve))
}
