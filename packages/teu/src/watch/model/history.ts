/** What containers took in the last samples. */

import type { Usage } from '@teu/watch'

/** One container's, the newest last; NaN where a number was not known. */
export interface UsageHistory {
  readonly cpuPercent: readonly number[]
  readonly memoryBytes: readonly number[]
}

/** Samples that are kept of each container. */
export const HISTORY_LENGTH = 120

const NONE: UsageHistory = { cpuPercent: [], memoryBytes: [] }

/** The histories of all containers. What has no usage any more is forgotten. */
export class UsageHistories {
  #histories = new Map<string, UsageHistory>()

  /** Adds one sample, by key of the container. */
  add(usages: ReadonlyMap<string, Usage>): void {
    const next = new Map<string, UsageHistory>()
    for (const [key, { cpuPercent, memoryBytes }] of usages) {
      const before = this.of(key)
      next.set(key, {
        cpuPercent: appended(before.cpuPercent, cpuPercent),
        memoryBytes: appended(before.memoryBytes, memoryBytes),
      })
    }
    this.#histories = next
  }

  of(key: string): UsageHistory {
    return this.#histories.get(key) ?? NONE
  }
}

function appended(values: readonly number[], value: number = Number.NaN): number[] {
  return [...values.slice(-HISTORY_LENGTH + 1), value]
}
