/** Which containers somebody wants to see. */

import type { Container, EngineRef } from '../picture/container.ts'

/** All that are given must hold. */
export interface FilterRules {
  /** Exact name, or a pattern for it. */
  readonly name?: string | RegExp | undefined
  /** Composer project; `''` for containers outside of projects. */
  readonly project?: string | undefined
  /** `key`, or `key=value`; of several, each must hold. */
  readonly label?: string | readonly string[] | undefined
  /** Type, id or address of the engine. */
  readonly engine?: string | undefined
}

/** Rules, or a function of your own. */
export type ContainerFilter = FilterRules | ((container: Container) => boolean)

/** A filter that has been prepared. */
export interface Matcher {
  container(container: Container): boolean
  /** For events about a connection. */
  engine(engine: EngineRef): boolean
}

/** Prepares a filter; none lets everything through. */
export function matcherFor(filter: ContainerFilter | undefined): Matcher {
  if (filter === undefined) return { container: () => true, engine: () => true }
  if (typeof filter === 'function') return { container: filter, engine: () => true }
  return { container: byRules(filter), engine: (engine) => matchesEngine(engine, filter.engine) }
}

function byRules({ name, project, label, engine }: FilterRules): (container: Container) => boolean {
  const labels = label === undefined ? [] : typeof label === 'string' ? [label] : label
  return (container) =>
    (name === undefined || (typeof name === 'string' ? container.name === name : container.name.search(name) >= 0)) &&
    (project === undefined || container.project === project) &&
    labels.every((one) => hasLabel(container, one)) &&
    matchesEngine(container.engine, engine)
}

function hasLabel({ labels }: Container, wanted: string): boolean {
  const equals = wanted.indexOf('=')
  if (equals < 0) return Object.hasOwn(labels, wanted)
  const key = wanted.slice(0, equals)
  return Object.hasOwn(labels, key) && labels[key] === wanted.slice(equals + 1)
}

function matchesEngine(engine: EngineRef, wanted: string | undefined): boolean {
  return wanted === undefined || engine.type === wanted || engine.id === wanted || engine.api === wanted
}
