/** The bar at the top: what this is, how much there is, what to look for, and whether it is true. */

import type { VNode } from 'preact'
import type { ConnectionState } from './connection.ts'
import { html } from './html.ts'
import { Mark, SearchIcon } from './icons.ts'
import { legible } from './legible.ts'
import type { Actions, PageState } from './page-state.ts'
import { byteText, countText, percentText } from './quantities.ts'
import { totalsOf } from './totals.ts'

const CONNECTION: Readonly<Record<ConnectionState, string>> = {
  connecting: 'Connecting',
  live: 'Live',
  silent: 'No news',
  lost: 'Reconnecting',
  refused: 'Ended',
}

/** See the head of this file. */
export function Header({ state, actions }: { readonly state: PageState; readonly actions: Actions }): VNode {
  const { model, connection, filter } = state
  const { count, paused, unknown, cpu, memory, pids } = totalsOf(model)
  const others = [...(paused > 0 ? [`${paused} paused`] : []), ...(unknown > 0 ? [`and ${unknown} unknown`] : [])]
  return html`<header class="top">
    <h1 class="brand"><${Mark} /><span class="brand-name">teu</span> <span class="brand-what">watch</span></h1>
    ${model.machine !== '' && html`<p class="machine" title="Name of this machine"><bdi>${legible(model.machine)}</bdi></p>`}
    <dl class="totals">
      <${Total} name="Containers" value=${countText(count)} more=${others.join(', ')} />
      <${Total} name="CPU" value=${percentText(cpu)} />
      <${Total} name="Memory" value=${byteText(memory)} />
      <${Total} name="PIDs" value=${countText(pids)} />
    </dl>
    <search class="search">
      <${SearchIcon} />
      <input
        id="filter" type="text" placeholder="Filter" aria-label="Filter containers" aria-keyshortcuts="/" autocomplete="off"
        spellcheck=${false} maxlength="200" value=${filter}
        onInput=${(event: InputEvent) => actions.set({ filter: (event.currentTarget as HTMLInputElement).value })}
      />
      <kbd aria-hidden="true">/</kbd>
    </search>
    <p class=${`connection is-${connection}`} role="status">
      <span class="beacon" aria-hidden="true"></span>${CONNECTION[connection]}
    </p>
    <button type="button" class="help-button" aria-label="Help" aria-keyshortcuts="?" title="Keys (?)"
      onClick=${() => actions.set({ isHelpOpen: true })}>?</button>
  </header>`
}

function Total({ name, value, more = '' }: { readonly name: string; readonly value: string; readonly more?: string }): VNode {
  return html`<div class="total">
    <dt>${name}</dt>
    <dd>${value}${more !== '' && html`<span class="more">${more}</span>`}</dd>
  </div>`
}
