/** What the keys do. */

import type { VNode } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { html } from './html.ts'
import { CloseIcon } from './icons.ts'

const KEYS: readonly (readonly [keys: readonly string[], what: string])[] = [
  [['↑', '↓'], 'choose a container; also j and k, Page ↑ and ↓, Home, End'],
  [['Enter'], 'open it: graphs and details'],
  [['Esc'], 'close it, or clear the filter'],
  [['/'], 'filter by name, id, image, project, engine or state'],
  [['Tab'], 'go to engines, projects, titles and buttons; Enter on a title sorts'],
  [['?'], 'this help'],
]

/** A dialog, which takes the keys while it is open. */
export function Help({ isOpen, close }: { readonly isOpen: boolean; readonly close: () => void }): VNode {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    if (isOpen) dialog.current?.showModal()
    else dialog.current?.close()
  }, [isOpen])
  return html`<dialog class="help" ref=${dialog} aria-labelledby="help-title" onClose=${close}>
    <div class="details-head">
      <h2 id="help-title">Keys</h2>
      <button type="button" class="icon-button" aria-label="Close" onClick=${close}><${CloseIcon} /></button>
    </div>
    <dl>
      ${KEYS.map(([keys, what]) => html`<div key=${what}><dt>${keys.map((key) => html`<kbd>${key}</kbd>`)}</dt><dd>${what}</dd></div>`)}
    </dl>
    <p class="none">
      CPU is in percent of one processor. Memory is without what the kernel can take back at once. Usage is sampled while this page is open,
      and only then. Made with preact, htm and uPlot; their licences are in the source of this page.
    </p>
  </dialog>`
}
