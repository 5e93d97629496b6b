/** What is said in place of rows, or above them. */

import type { VNode } from 'preact'
import { html } from './html.ts'
import { Mark } from './icons.ts'
import { legible } from './legible.ts'
import type { Actions, PageState } from './page-state.ts'

/** Tells, when the connection is not what it should be, what that means for what is shown. */
export function Banner({ connection, model }: PageState): VNode | undefined {
  if (connection === 'lost' || connection === 'silent') {
    const shown = model.isComplete ? ' What is shown may be out of date.' : ''
    const what = connection === 'lost' ? 'The connection to teu is lost; trying again.' : 'teu has not said anything for some seconds.'
    return html`<p class="banner" role="alert">${what}${shown}</p>`
  }
  if (connection !== 'refused') return undefined
  return html`<p class="banner is-bad" role="alert">
    This address is not valid any more: teu watch has been started anew. Open the address that it has printed.
  </p>`
}

/** Tells why there are no rows. */
export function Emptiness({ state, actions }: { readonly state: PageState; readonly actions: Actions }): VNode {
  const { model, filter, engine, project } = state
  if (!model.isComplete) return html`<div class="emptiness"><p>Waiting for the first picture…</p></div>`
  if (model.rows.size > 0) {
    const clear = (): void => actions.set({ filter: '', engine: undefined, project: undefined })
    const what = filter.trim() === '' ? 'Nothing is left of' : 'Nothing fits among'
    return html`<div class="emptiness">
      <h2>${what} ${model.rows.size} containers</h2>
      ${(filter !== '' || engine !== undefined || project !== undefined) && html`<button type="button" onClick=${clear}>Show all</button>`}
    </div>`
  }
  if (model.engines.length === 0) {
    return html`<div class="emptiness">
      <${Mark} />
      <h2>No engine has been found</h2>
      <p>Engines such as Docker, Podman and containerd appear here by themselves when they are started. Engines of other users are seen by root only.</p>
    </div>`
  }
  const isHeard = model.engines.some(({ state }) => state === 'watching')
  return html`<div class="emptiness">
    <${Mark} />
    <h2>${isHeard ? 'No container is running' : 'No engine can be reached'}</h2>
    <p>${isHeard ? 'Containers appear here as soon as they start.' : legible(model.engines.find(({ error }) => error !== '')?.error ?? '')}</p>
  </div>`
}
