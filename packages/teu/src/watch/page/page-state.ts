/** What the page shows: the model, and what the user has asked for. */

import type { ConnectionState } from './connection.ts'
import type { Model } from './model.ts'
import type { Past } from './past.ts'
import type { Wanted } from './selection.ts'

/** Everything that the components are drawn from. */
export interface PageState extends Wanted {
  readonly model: Model
  readonly connection: ConnectionState
  /** Key of the row that the arrow keys move from. */
  readonly cursor: string | undefined
  /** Key of the container that is open. */
  readonly chosen: string | undefined
  readonly past: Past | undefined
  /** How far back the graphs go, in milliseconds. */
  readonly spanMs: number
  readonly isHelpOpen: boolean
}

/** What components may ask for. */
export interface Actions {
  set(change: Partial<Pick<PageState, 'filter' | 'engine' | 'project' | 'sort' | 'cursor' | 'spanMs' | 'isHelpOpen'>>): void
  /** Opens a container; undefined closes the one that is open. */
  choose(key: string | undefined): void
  /** Moves the cursor by so many rows, infinitely many to an end. What is open follows it. */
  moveCursor(rows: number): void
  /** Opens the container at the cursor. */
  openCursor(): void
}
