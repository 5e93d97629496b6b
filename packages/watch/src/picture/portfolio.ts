/** Snapshots of live containers, grouped by project. */

import type { Container } from './container.ts'

/** The containers of one composer project, or those outside of any (`''`). A snapshot. */
export class Project {
  readonly name: string
  readonly #containers: readonly Container[]

  constructor(name: string, containers: readonly Container[]) {
    this.name = name
    this.#containers = containers
  }

  /** A copy of the list, in the order in which the containers were seen first. */
  containers(): Container[] {
    return [...this.#containers]
  }

  containerNames(): string[] {
    return this.#containers.map((container) => container.name)
  }

  /** By name or id; a container of that id comes before one of that name. */
  container(nameOrId: string): Container | undefined {
    return this.#containers.find(({ id }) => id === nameOrId) ?? this.#containers.find(({ name }) => name === nameOrId)
  }

  toString(): string {
    const name = this.name === '' ? 'containers without a project' : `project '${this.name}'`
    const names = this.containerNames().map((one) => `'${one}'`)
    return `${name}: ${names.length === 0 ? 'none' : names.join(', ')}`
  }
}

/** All live containers at one moment. It never changes: ask the watcher again for what is true later. */
export class Portfolio implements Iterable<Container> {
  readonly #containers: readonly Container[]
  #projects: ReadonlyMap<string, Project> | undefined

  constructor(containers: Iterable<Container>) {
    this.#containers = [...containers]
  }

  /** How many containers there are in all projects. */
  get size(): number {
    return this.#containers.length
  }

  [Symbol.iterator](): Iterator<Container> {
    return this.#containers.values()
  }

  /** Names of the projects, without the unnamed one. */
  names(): string[] {
    return [...this.#grouped().keys()].filter((name) => name !== '')
  }

  /** A project by its name. There always is one named `''`: the containers outside of projects. */
  project(name: string): Project | undefined {
    return this.#grouped().get(name)
  }

  /** By name or id: an id comes before a name, and the containers outside of projects before others. */
  container(nameOrId: string): Container | undefined {
    let named: Container | undefined
    for (const container of this.#containers) {
      if (container.id === nameOrId) return container
      if (container.name !== nameOrId) continue
      if (named === undefined || (named.project !== '' && container.project === '')) named = container
    }
    return named
  }

  #grouped(): ReadonlyMap<string, Project> {
    this.#projects ??= groupByProject(this.#containers)
    return this.#projects
  }
}

function groupByProject(containers: readonly Container[]): Map<string, Project> {
  const groups = new Map<string, Container[]>([['', []]])
  for (const container of containers) {
    const group = groups.get(container.project)
    if (group === undefined) groups.set(container.project, [container])
    else group.push(container)
  }
  return new Map([...groups].map(([name, members]) => [name, new Project(name, members)]))
}
