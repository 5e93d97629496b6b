/** The page of `teu watch --web` with engines and usage that follow a script: for tests in a browser, and for pictures of it. */

import { type Container, containerKey, type MergedWatcher, type Usage, watchAll } from '../../../watch/src/index.ts'
import { ScriptedEngine } from '../../../watch/src/testing/scripted-engine.ts'
import type { ViewerTimes } from '../../src/watch/web/viewer.ts'
import { servePage, type ServedPage } from '../../src/watch/web/serve-page.ts'

/** An engine of any kind. */
export class NamedEngine extends ScriptedEngine {
  override readonly type: string
  readonly #version: string

  constructor(api: string, type: string, version: string) {
    super(api, api)
    this.type = type
    this.#version = version
  }

  override version(): Promise<string> {
    return Promise.resolve(this.#version)
  }
}

/** Usage by container id, or what makes it. */
export type UsageScript = (container: Container, sample: number) => Partial<Usage> | undefined

/** A page that is served, and what is behind it. */
export class ScriptedPage implements AsyncDisposable {
  readonly engines: readonly NamedEngine[]
  readonly watcher: MergedWatcher
  readonly #abort = new AbortController()
  readonly #served: Promise<ServedPage>
  /** Samples that were taken so far. */
  samples = 0
  usage: UsageScript

  constructor(
    engines: readonly NamedEngine[],
    usage: UsageScript,
    options: { intervalMs?: number; port?: number; times?: Partial<ViewerTimes> } = {},
  ) {
    this.engines = engines
    this.usage = usage
    this.watcher = watchAll({ engines, newBackoff: () => () => 20 })
    const sampler = { sample: (containers: readonly Container[]) => Promise.resolve(this.#sample(containers)) }
    this.#served = this.watcher.ready().then(() => servePage({ watcher: this.watcher, sampler, signal: this.#abort.signal, ...options }))
  }

  url(): Promise<string> {
    return this.#served.then(({ url }) => url)
  }

  /** Stops the server; the engines go on. */
  async stop(): Promise<void> {
    this.#abort.abort()
    await (await this.#served).closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await this.watcher[Symbol.asyncDispose]()
  }

  #sample(containers: readonly Container[]): Map<string, Usage> {
    const sample = this.samples++
    const usages = new Map<string, Usage>()
    for (const container of containers) {
      const usage = this.usage(container, sample)
      if (usage === undefined) continue
      const all = { cpuPercent: undefined, memoryBytes: undefined, memoryLimitBytes: undefined, pids: undefined, sampledAt: new Date() }
      usages.set(containerKey(container), { ...all, ...usage })
    }
    return usages
  }
}
