/** What `teu watch` needs of the machine beside the terminal: tests give their own. */

import type { EngineClient, MergedWatcher, Packer, UsageSampler, WatchAllOptions } from '@teu/watch'

/** Reads what containers take. */
export type Sampler = Pick<UsageSampler, 'sample'> & Disposable

/** Engines and cgroups. */
export interface WatchDoor {
  /** As `watchAll()` of @teu/watch. */
  watchAll(options: WatchAllOptions): MergedWatcher
  /** Kinds of engines that are known: `docker.com` … */
  readonly types: readonly string[]
  /** As `openEngine()`. */
  openEngine(address: string, options: { readonly type?: string | undefined; readonly packer: Packer }): EngineClient
  sampler(): Sampler
}
