/** One container: what it is, and graphs of what it takes. */

import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { WireContainer } from '../web/wire.ts'
import { NARROW } from './narrow.ts'
import { Graphs } from './graphs.ts'
import { html } from './html.ts'
import { CloseIcon, StateIcon } from './icons.ts'
import { legible, shortId, shownName } from './legible.ts'
import type { Row } from './model.ts'
import type { Actions, PageState } from './page-state.ts'
import { addressText, ageText, engineName } from './quantities.ts'

interface DetailsProps {
  /** As it is, or was last. */
  readonly row: Row
  readonly hasEnded: boolean
  readonly state: PageState
  readonly actions: Actions
}

/** See the head of this file. */
export function Details({ row, hasEnded, state, actions }: DetailsProps): VNode {
  const { container } = row
  const closing = useRef<HTMLButtonElement>(null)
  // On a narrow screen it covers the table, and must not leave the keys there.
  useEffect(() => {
    if (matchMedia(NARROW).matches) closing.current?.focus()
  }, [])
  const status = hasEnded ? 'ended' : state.model.stateOf(row)
  return html`<aside class="details" aria-labelledby="details-title">
    <div class="details-head">
      <div>
        <h2 id="details-title"><bdi>${shownName(container)}</bdi></h2>
        <p class="badges">
          <span class=${`badge is-${status}`}><${StateIcon} state=${status} />${status}</span>
          ${container.privileged && html`<span class="badge is-privileged" title="Has all capabilities and devices of the host">privileged</span>`}
        </p>
      </div>
      <button type="button" class="icon-button" ref=${closing} aria-label="Close" aria-keyshortcuts="Escape" title="Close (Esc)"
        onClick=${() => actions.choose(undefined)}><${CloseIcon} /></button>
    </div>
    <${Graphs} row=${row} state=${state} actions=${actions} />
    <${Facts} container=${container} state=${state} hasEnded=${hasEnded} />
    <${Labels} past=${state.past} />
  </aside>`
}

function Facts({ container, state: { model }, hasEnded }: { container: WireContainer; state: PageState; hasEnded: boolean }): VNode {
  const { id, image, project, engine: api, pid, startedAt } = container
  const engine = model.engines.find((one) => one.api === api)
  const started = startedAt === null ? '–' : new Date(startedAt).toLocaleString()
  const age = startedAt === null || model.now === 0 || hasEnded ? '' : ageText(model.now - startedAt)
  return html`<dl class="facts">
    <dt>Image</dt>
    <dd class="mono">${image === '' ? '–' : html`<bdi>${legible(image)}</bdi>`}</dd>
    <dt>Started</dt><dd>${started}${age !== '' && html`<span class="more">${age} ago</span>`}</dd>
    <dt>Project</dt><dd>${project === '' ? '–' : html`<bdi>${legible(project)}</bdi>`}</dd>
    <dt>Engine</dt>
    <dd>${engine !== undefined && legible(`${engineName(engine.type)} ${engine.version}`)}<span class="more mono">${legible(addressText(api))}</span></dd>
    <dt>Process</dt><dd class="mono">${pid}</dd>
    <dt>Id</dt><dd class="mono" title=${legible(id)}>${shortId(id)}</dd>
  </dl>`
}

function Labels({ past }: Pick<PageState, 'past'>): VNode | undefined {
  const [isOpen, setOpen] = useState(false)
  if (past === undefined || past.labels.length === 0) return undefined
  return html`<details class="labels" open=${isOpen} onToggle=${(event: Event) => setOpen((event.currentTarget as HTMLDetailsElement).open)}>
    <summary>Labels <span class="group-count">${past.labels.length + past.moreLabels}</span></summary>
    ${
      isOpen &&
      html`<dl>
        ${past.labels.map(([name, value]) => html`<div key=${name}><dt><bdi>${legible(name)}</bdi></dt><dd><bdi>${legible(value)}</bdi></dd></div>`)}
      </dl>`
    }
    ${past.moreLabels > 0 && html`<p class="none">and ${past.moreLabels} more</p>`}
  </details>`
}
