/** The page of `teu watch --web` with engines and usage that follow a script: for tests in a browser, and for pictures of it. */

import { type Container, containerKey, type MergedWatcher, type Usage, watchAll } from '@teu/watch'
import { ScriptedEngine } from '../../../watch/src/testing/scripted-engine.ts'
import { packImage } from '../../src/watch/image-packer.ts'
import type { Sampler } from '../../src/watch/web/sampling.ts'
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

  /** Names of images, by container. */
  readonly images: Map<string, string> = new Map()

  override async list(options?: { signal?: AbortSignal }): Promise<Container[]> {
    return (await super.list(options)).map((container) => this.#withImage(container))
  }

  override async inspect(id: string, options?: { signal?: AbortSignal }): Promise<Container> {
    return this.#withImage(await super.inspect(id, options))
  }

  #withImage(container: Container): Container {
    const image = this.images.get(container.id)
    return image === undefined ? container : { ...container, rucksack: packImage(container, { Config: { Image: image } }) }
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
  usage: UsageScript

  constructor(
    engines: readonly NamedEngine[],
    usage: UsageScript,
    options: { intervalMs?: number; port?: number; first?: number; times?: Partial<ViewerTimes> } = {},
  ) {
    this.engines = engines
    this.usage = usage
    this.watcher = watchAll({ engines, newBackoff: () => () => 20 })
    const sampler = scriptedSampler(() => this.usage, options.first)
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
}

/** A sampler that follows a script. */
export function scriptedSampler(script: () => UsageScript, first = 0): Sampler {
  let sample = first
  return {
    sample: async (containers) => {
      const usages = new Map<string, Usage>()
      for (const container of containers) {
        const usage = script()(container, sample)
        if (usage === undefined) continue
        const all = { cpuPercent: undefined, memoryBytes: undefined, memoryLimitBytes: undefined, pids: undefined, sampledAt: new Date() }
        usages.set(containerKey(container), { ...all, ...usage })
      }
      sample++
      return usages
    },
  }
}
