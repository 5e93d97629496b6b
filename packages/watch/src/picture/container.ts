/** A live container, as every engine has it. */

import { readLabels } from '../answers/values.ts'

/** Label that names the composer project a container belongs to; docker compose, podman-compose and nerdctl compose set it. */
export const COMPOSER_PROJECT_LABEL = 'com.docker.compose.project'

/** Which engine a container or an event comes from. */
export interface EngineRef {
  /** Kind of engine: `docker.com`, `podman.io` … */
  readonly type: string
  /** The engine's own identifier; empty when it has none or has not been asked yet. */
  readonly id: string
  /** Address of its API: `unix:///run/docker.sock`. */
  readonly api: string
  /** Its process on this machine; 0 when that is not known. It tells in which pid namespace pids are numbered. */
  readonly pid: number
}

/** A container with an initial process: running, or frozen. Immutable; a change of state makes a new object. */
export interface Container<R = unknown> {
  /** Unique among the containers of its engine. */
  readonly id: string
  /** Not unique everywhere: Kubernetes has many containers of one name. */
  readonly name: string
  /** At most 4096, with 2 Mi characters in sum: those that still fit, in the engine's order. */
  readonly labels: Readonly<Record<string, string>>
  /** Initial process, as numbered in the engine's pid namespace. */
  readonly pid: number
  /** Composer project; empty for none. */
  readonly project: string
  readonly paused: boolean
  /** When the initial process was started, by the engine's clock; undefined when the engine does not tell. */
  readonly startedAt: Date | undefined
  /** Has all capabilities and devices of the host; undefined when the engine does not tell. */
  readonly privileged: boolean | undefined
  readonly engine: EngineRef
  /** What the application's packer has made of the engine's raw details. */
  readonly rucksack: R | undefined
}

/** What an engine's client knows of a container; the rest follows. */
export interface ContainerFacts {
  readonly id: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly pid: number
  readonly paused: boolean
  readonly startedAt?: Date | undefined
  readonly privileged?: boolean | undefined
  readonly engine: EngineRef
}

/** Makes a container of facts; its project is that of the composer label. */
export function containerOf(facts: ContainerFacts, rucksack?: unknown): Container {
  const { id, name, pid, paused, startedAt, privileged, engine } = facts
  const labels = Object.freeze(readLabels(facts.labels))
  const project = labels[COMPOSER_PROJECT_LABEL] ?? ''
  return Object.freeze({ id, name, labels, pid, project, paused, startedAt, privileged, engine, rucksack })
}

/** The same container, paused or not. */
export function withPaused(container: Container, paused: boolean): Container {
  return container.paused === paused ? container : Object.freeze({ ...container, paused })
}

/** True when name, labels and privilege are the same. */
export function sameDetails(a: Container, b: Container): boolean {
  if (a.name !== b.name || a.privileged !== b.privileged) return false
  const keys = Object.keys(a.labels)
  return keys.length === Object.keys(b.labels).length && keys.every((key) => a.labels[key] === b.labels[key])
}

/** One line for people: `paused container 'web'/4f1c… from project 'shop', pid 4711`. */
export function describeContainer(container: Container): string {
  const { id, name, pid, project, paused } = container
  const otherId = id === name ? '' : `/${id}`
  const from = project === '' ? '' : ` from project '${project}'`
  return `${paused ? 'paused ' : ''}container '${name}'${otherId}${from}, pid ${pid}`
}
