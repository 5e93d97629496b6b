/** The page's script: connects the controller to the browser. */

import { render } from 'preact'
import type { WireDetails } from '../web/wire.ts'
import { App } from './app.ts'
import { stayConnected } from './connection.ts'
import { Controller } from './controller.ts'
import { html } from './html.ts'
import { isFree, TABLE_ID, takeFreeKey } from './table.ts'

/** The token is the first part of the path, and everything is asked for below it. */
const base = `/${location.pathname.split('/')[1] ?? ''}`

const place = document.getElementById('page') ?? document.body

const controller = new Controller({
  draw: (props) => render(html`<${App} ...${props} />`, place),
  onFrame: (callback) => void requestAnimationFrame(callback),
  later: (ms, callback) => void setTimeout(callback, ms),
  fetchDetails: async (n) => {
    try {
      const response = await fetch(`${base}/containers/${n}`, { cache: 'no-store', redirect: 'error' })
      return response.ok ? ((await response.json()) as WireDetails) : undefined
    } catch {
      return undefined
    }
  },
})

const isTyping = (target: EventTarget | null): boolean => target instanceof HTMLInputElement

/** After the frame that may bring the table back. */
const focusTable = (): void => void requestAnimationFrame(() => document.getElementById(TABLE_ID)?.focus())

/** Keys that mean the same everywhere on the page. */
document.addEventListener('keydown', (event) => {
  const { state } = controller
  if (document.querySelector('dialog[open]') !== null || event.ctrlKey || event.metaKey || event.altKey) return
  const filter = document.querySelector<HTMLInputElement>('#filter')
  if (event.key === 'Escape') {
    if (isTyping(event.target) && state.filter !== '') controller.set({ filter: '' })
    else if (state.chosen !== undefined) controller.choose(undefined)
    else controller.set({ filter: '' })
    focusTable()
  } else if (isTyping(event.target)) {
    if (event.key !== 'ArrowDown' && event.key !== 'Enter') return
    event.preventDefault()
    focusTable()
  } else if (event.key === '/') {
    event.preventDefault()
    filter?.focus()
    filter?.select()
  } else if (event.key === '?') {
    controller.set({ isHelpOpen: true })
  } else if (isFree(event.target)) {
    takeFreeKey(event)
  }
})

void stayConnected(`${base}/events`, controller)
