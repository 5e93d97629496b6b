/** The whole page. */

import type { VNode } from 'preact'
import { Order } from './columns.ts'
import { Details } from './details.ts'
import { Header } from './header.ts'
import { Help } from './help.ts'
import { html } from './html.ts'
import type { Row } from './model.ts'
import { NARROW } from './narrow.ts'
import { Banner, Emptiness } from './notice.ts'
import type { Actions, PageState } from './page-state.ts'
import { Side } from './side.ts'
import { Table } from './table.ts'

/** What {@link App} is drawn from. */
export interface AppProps {
  readonly state: PageState
  /** Those that are asked for, sorted. */
  readonly rows: readonly Row[]
  /** The one that is open, as it is or was last. */
  readonly open: Row | undefined
  readonly actions: Actions
}

/** See the head of this file. */
export function App({ state, rows, open, actions }: AppProps): VNode {
  const { model, chosen } = state
  // On a narrow screen what is open covers everything else, for keys and screen readers too.
  const isCovered = open !== undefined && matchMedia(NARROW).matches
  const isNarrowed = rows.length !== model.rows.size
  return html`<div class=${`page is-${state.connection}${open === undefined ? '' : ' has-details'}`}>
    <div class="frame" inert=${isCovered}><${Header} state=${state} actions=${actions} /><${Side} state=${state} actions=${actions} /></div>
    <main class="main" inert=${isCovered}>
      <${Banner} ...${state} />
      ${rows.length > 0 && html`<${Order} sort=${state.sort} setSort=${(sort: PageState['sort']) => actions.set({ sort })} />`}
      ${isNarrowed && html`<p class="shown">${rows.length} of ${model.rows.size} containers</p>`}
      ${rows.length > 0 ? html`<${Table} state=${state} rows=${rows} actions=${actions} />` : html`<${Emptiness} state=${state} actions=${actions} />`}
    </main>
    ${
      open !== undefined &&
      html`<${Details} key="details" row=${open} hasEnded=${model.byKey(chosen) === undefined} state=${state} actions=${actions} />`
    }
    <${Help} isOpen=${state.isHelpOpen} close=${() => actions.set({ isHelpOpen: false })} />
  </div>`
}
