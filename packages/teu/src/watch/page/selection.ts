/** Which rows are shown, and in which order. */

import type { Model, Row, RowState } from './model.ts'

/** Columns that rows can be sorted by. */
export type Column = 'name' | 'project' | 'engine' | 'state' | 'age' | 'cpu' | 'memory' | 'pids'

/** An order of rows. */
export interface Sort {
  readonly column: Column
  readonly isDescending: boolean
}

/** What is asked for. */
export interface Wanted {
  /** Words, each of which must be in the name, id, image, project, engine or state of a container. */
  readonly filter: string
  /** Address of the only engine. */
  readonly engine: string | undefined
  /** The only project; empty for the containers outside of projects. */
  readonly project: string | undefined
  readonly sort: Sort
}

/** Of these one wants to see the most first. */
const NUMERIC: ReadonlySet<Column> = new Set<Column>(['cpu', 'memory', 'pids'])

/** The order after a click on a column: another column begins the way that is useful for it, the same one is turned. */
export function sortedBy(column: Column, now: Sort): Sort {
  return { column, isDescending: now.column === column ? !now.isDescending : NUMERIC.has(column) }
}

/** In their order. */
const STATES: readonly RowState[] = ['running', 'paused', 'unknown']

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' })

/** Texts are compared by the rules of the user's language, which takes long; so that is done when containers change, and not with each
 *  sample. */
export class Selection {
  #version = -1
  #nameRanks = new Map<number, number>()
  #wordRanks = new Map<string, number>()
  #haystacks = new Map<number, string>()

  /** The rows, sorted; equal ones by name. */
  of(model: Model, { filter, engine, project, sort }: Wanted): Row[] {
    if (this.#version !== model.version) this.#learn(model)
    const words = filter.toLocaleLowerCase().split(/\s+/).filter(Boolean)
    const rows = [...model.rows.values()].filter(
      (row) =>
        (engine === undefined || row.container.engine === engine) &&
        (project === undefined || row.container.project === project) &&
        words.every((word) => this.#haystacks.get(row.container.n)?.includes(word) || model.stateOf(row).includes(word)),
    )
    const valueOf = (row: Row): number | null =>
      sort.column === 'state' ? STATES.indexOf(model.stateOf(row)) : this.#values[sort.column](row)
    const sign = sort.isDescending ? -1 : 1
    return rows.sort((a, b) => compare(valueOf(a), valueOf(b), sign) || this.#rank(a) - this.#rank(b))
  }

  /** What rows are compared by; null for what is not known. */
  readonly #values: Readonly<Record<Exclude<Column, 'state'>, (row: Row) => number | null>> = {
    name: (row) => this.#rank(row),
    project: ({ container: { project } }) => (project === '' ? null : (this.#wordRanks.get(project) ?? null)),
    engine: ({ container }) => this.#wordRanks.get(container.engine) ?? null,
    age: ({ container: { startedAt } }) => (startedAt === null ? null : -startedAt),
    cpu: ({ reading }) => reading[1],
    memory: ({ reading }) => reading[2],
    pids: ({ reading }) => reading[4],
  }

  #rank({ container }: Row): number {
    return this.#nameRanks.get(container.n) ?? 0
  }

  #learn(model: Model): void {
    this.#version = model.version
    const containers = Array.from(model.rows.values(), ({ container }) => container)
    const byName = containers.toSorted((a, b) => collator.compare(a.name, b.name) || a.n - b.n)
    this.#nameRanks = new Map(byName.map(({ n }, rank) => [n, rank]))
    const words = [...new Set(containers.flatMap(({ project, engine }) => [project, engine]))].sort(collator.compare)
    this.#wordRanks = new Map(words.map((word, rank) => [word, rank]))
    const textOf = ({ name, id, image, project, engine }: (typeof containers)[number]): string =>
      [name, id, image, project, engine].join('\n').toLocaleLowerCase()
    this.#haystacks = new Map(containers.map((one) => [one.n, textOf(one)]))
  }
}

/** What is not known comes last, whichever way the rest is sorted. */
function compare(a: number | null, b: number | null, sign: number): number {
  if (a === b) return 0
  if (a === null) return 1
  if (b === null) return -1
  return (a - b) * sign
}
