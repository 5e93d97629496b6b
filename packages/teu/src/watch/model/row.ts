/** Containers as rows of a table: what is known of each at one moment. */

import { type Container, containerKey, type Usage } from '@teu/watch'
import { imageOf } from '../image-packer.ts'
import type { UsageHistories, UsageHistory } from './history.ts'

/** `unknown`: the engine cannot be heard, and this is what was true last. */
export type RowState = 'running' | 'paused' | 'unknown'

/** One container. */
export interface Row {
  /** See containerKey() of @teu/watch. */
  readonly key: string
  readonly container: Container
  /** `docker`, `podman`: the kind of its engine in short. */
  readonly engine: string
  readonly image: string | undefined
  readonly state: RowState
  /** Since the start of its process; undefined when that is not known. */
  readonly ageMs: number | undefined
  readonly usage: Usage | undefined
  readonly history: UsageHistory
}

/** What rows are made of. */
export interface RowSources {
  readonly containers: Iterable<Container>
  readonly usages: ReadonlyMap<string, Usage>
  readonly histories: UsageHistories
  /** Addresses of engines that cannot be heard. */
  readonly deaf: ReadonlySet<string>
  readonly now: Date
}

/** Rows in the order of the containers. */
export function rowsOf({ containers, usages, histories, deaf, now }: RowSources): Row[] {
  return Array.from(containers, (container): Row => {
    const key = containerKey(container)
    const { engine, startedAt, paused } = container
    return {
      key,
      container,
      engine: engineName(engine.type),
      image: imageOf(container),
      state: deaf.has(engine.api) ? 'unknown' : paused ? 'paused' : 'running',
      // Clocks may differ a little, and an engine may say anything.
      ageMs: startedAt === undefined ? undefined : Math.max(0, now.getTime() - startedAt.getTime()),
      usage: usages.get(key),
      history: histories.of(key),
    }
  })
}

/** `docker.com` in short. The engines of Kubernetes are called by the interface that they have in common. */
export function engineName(type: string): string {
  if (type.startsWith('k8s.io/cri')) return 'cri'
  return type.replace(/\..*$/s, '')
}

/** What to call a container: one without a name by its id, in short. */
export function shownName({ name, id }: Pick<Container, 'name' | 'id'>): string {
  return name.trim() === '' ? id.slice(0, SHORT_ID) : name
}

/** As engines show ids. */
const SHORT_ID = 12
