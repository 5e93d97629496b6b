/** What a watcher tells, kept so that it can be waited for. */

import { setTimeout as delay } from 'node:timers/promises'
import { eventually, patience } from '../../../../tests/harness/wait.ts'
import type { MergedWatcher, Portfolio, WatchEvent, Watcher } from '../../src/index.ts'
import { brief, Follower } from '../../src/testing/told.ts'

/** Listens from now on. */
export class Told {
  readonly follower: Follower = new Follower()
  readonly events: WatchEvent[] = []
  #seen = 0

  constructor(watcher: Watcher) {
    watcher.tap((events) => {
      for (const event of events) {
        this.follower.see(event)
        this.events.push(event)
      }
    })
  }

  /** Everything so far, in short. */
  get brief(): string[] {
    return this.events.map(brief)
  }

  /** Waits for an event after those that were waited for before. */
  async until(what: string, timeoutMs: number = 20_000): Promise<WatchEvent> {
    return await eventually(
      `"${what}" after ${JSON.stringify(this.brief)}`,
      () => {
        const found = this.events.findIndex((event, n) => n >= this.#seen && brief(event) === what)
        if (found < 0) return undefined
        this.#seen = found + 1
        return this.events[found]
      },
      timeoutMs,
    )
  }
}

/** `ID PID NAME`, and whether paused, as Daemon.alive() has it. */
export function aliveOf(portfolio: Portfolio): string[] {
  return [...portfolio].map(({ id, pid, name, paused }) => `${id} ${pid} ${name}${paused ? ' paused' : ''}`).sort()
}

/** Waits until a watcher sees what the engine says, which may change while we look. */
export async function untilTrue(
  watcher: Watcher | MergedWatcher,
  say: () => Promise<readonly string[]>,
  timeoutMs: number = 15_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs * patience
  for (;;) {
    const [wanted, seen] = [await say(), aliveOf(watcher.portfolio)]
    if (wanted.join('\n') === seen.join('\n')) return
    if (performance.now() > deadline) throw new Error(`the engine says:\n${wanted.join('\n')}\nthe watcher sees:\n${seen.join('\n')}`)
    await delay(50)
  }
}

/** Waits until a watcher sees no container. */
export function untilEmpty(watcher: Watcher | MergedWatcher): Promise<void> {
  return untilTrue(watcher, () => Promise.resolve([]))
}
