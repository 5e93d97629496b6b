/** The few pictures, as SVG. */

import type { VNode } from 'preact'
import { html } from './html.ts'
import type { RowState } from './model.ts'

/** A freight container, seen from its side: the mark of teu. */
export function Mark(): VNode {
  return html`<svg class="mark" viewBox="0 0 28 20" width="28" height="20" aria-hidden="true">
    <rect x="1" y="2" width="26" height="16" rx="2.5" class="mark-body" />
    <path d="M6.5 6v8M11.5 6v8M16.5 6v8M21.5 6v8" class="mark-ribs" />
  </svg>`
}

/** A filled circle for what runs, two bars for what is paused, a ring for what has ended or is not known: also without colours they are different. */
export function StateIcon({ state }: { readonly state: RowState | 'ended' }): VNode {
  return html`<svg class=${`state-icon is-${state}`} viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
    ${state === 'running' && html`<circle cx="6" cy="6" r="4" />`}
    ${state === 'paused' && html`<path d="M2.5 2h2.5v8h-2.5zM7 2h2.5v8h-2.5z" />`}
    ${(state === 'ended' || state === 'unknown') && html`<circle cx="6" cy="6" r="3.5" class="ring" />`}
  </svg>`
}

/** The direction of an order. */
export function SortIcon({ isDescending }: { readonly isDescending: boolean }): VNode {
  return html`<svg class="sort-icon" viewBox="0 0 8 8" width="8" height="8" aria-hidden="true">
    <path d=${isDescending ? 'M0.5 2l3.5 4 3.5-4z' : 'M0.5 6l3.5-4 3.5 4z'} />
  </svg>`
}

/** A magnifying glass. */
export function SearchIcon(): VNode {
  return html`<svg class="search-icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
    <circle cx="7" cy="7" r="4.5" /><path d="M10.5 10.5L14 14" />
  </svg>`
}

/** Closes something. */
export function CloseIcon(): VNode {
  return html`<svg class="close-icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d="M4 4l8 8M12 4l-8 8" /></svg>`
}
