/** The table of containers. However many there are, only the rows in sight exist. */

import type { VNode } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Cells, Titles } from './columns.ts'
import { html } from './html.ts'
import type { Row } from './model.ts'
import type { Actions, PageState } from './page-state.ts'
import { rowWindow } from './row-window.ts'

interface TableProps {
  readonly rows: readonly Row[]
  readonly state: PageState
  readonly actions: Actions
}

const SCROLL_STEP_ROWS = 4

/** Id of the element that takes the keys. */
export const TABLE_ID = 'containers'

/** See the head of this file. */
export function Table({ rows, state, actions }: TableProps): VNode {
  const scroller = useRef<HTMLDivElement>(null)
  const [view, setView] = useState<View>({ top: 0, height: 600, rowHeight: 32, titleHeight: 32 })
  useLayoutEffect(() => measureWith(scroller.current, setView), [])
  useEffect(() => {
    if (isFree(document.activeElement)) document.getElementById(TABLE_ID)?.focus({ preventScroll: true })
  }, [])
  const { model, sort, cursor, chosen } = state
  const { first, end, aboveHeight, belowHeight } = rowWindow(rows.length, view.rowHeight, view.top, view.height)
  const cursorIndex = rows.findIndex(({ key }) => key === cursor)
  useEffect(() => {
    if (cursorIndex >= 0) showRow(scroller.current, cursorIndex, view)
  }, [cursor])
  const cursorRow = rows[cursorIndex]
  const isCursorThere = cursorIndex >= first && cursorIndex < end
  return html`<div class="scroller" ref=${scroller}>
    <table id=${TABLE_ID} role="grid" tabindex="0" aria-label="Containers" aria-rowcount=${rows.length + 1}
      aria-activedescendant=${isCursorThere ? `row-${cursorRow?.container.n}` : undefined}
      onKeyDown=${(event: KeyboardEvent) => takeKey(event, actions, view)}>
      <thead><${Titles} sort=${sort} setSort=${(next: PageState['sort']) => actions.set({ sort: next })} /></thead>
      <tbody>
        ${aboveHeight > 0 && html`<tr key="above" class="spacer" aria-hidden="true" style=${{ height: `${aboveHeight}px` }}></tr>`}
        ${rows.slice(first, end).map(
          (row, i) => html`<tr key=${row.container.n} id=${`row-${row.container.n}`} aria-rowindex=${first + i + 2}
            aria-selected=${row.key === chosen} class=${rowClass(row, state)}
            onClick=${() => {
              actions.set({ cursor: row.key })
              actions.choose(row.key)
            }}>${Cells({ row, model })}</tr>`,
        )}
        ${belowHeight > 0 && html`<tr key="below" class="spacer" aria-hidden="true" style=${{ height: `${belowHeight}px` }}></tr>`}
      </tbody>
    </table>
  </div>`
}

/** Nothing on the page has the keys. */
export function isFree(target: EventTarget | null): boolean {
  return target === null || target === document.body || target === document.documentElement
}

/** Takes a key that was pressed while nothing on the page had the keys: from then on the table has them. */
export function takeFreeKey(event: KeyboardEvent): void {
  const table = document.getElementById(TABLE_ID)
  if (table === null || table.closest('[inert]') !== null) return
  table.focus({ preventScroll: true })
  const same = new KeyboardEvent('keydown', { key: event.key, cancelable: true })
  if (!table.dispatchEvent(same)) event.preventDefault()
}

function rowClass(row: Row, { cursor, model }: PageState): string | undefined {
  const classes = [...(row.key === cursor ? ['cursor'] : []), ...(model.stateOf(row) === 'unknown' ? ['is-unknown'] : [])]
  return classes.length === 0 ? undefined : classes.join(' ')
}

interface View {
  readonly top: number
  readonly height: number
  readonly rowHeight: number
  readonly titleHeight: number
}

/** Follows scrolling and sizes, which a narrow screen has others of. Scrolling counts in steps of a few rows, which the margin of the window
 *  makes up for: most of it then is the browser's own work. */
function measureWith(scroller: HTMLDivElement | null, setView: (change: (view: View) => View) => void): (() => void) | undefined {
  if (scroller === null) return undefined
  const scrolled = (): void => {
    const { scrollTop } = scroller
    setView((view) => {
      const step = view.rowHeight * SCROLL_STEP_ROWS
      const top = Math.floor(scrollTop / step) * step
      return view.top === top ? view : { ...view, top }
    })
  }
  const resized = (): void => {
    const style = getComputedStyle(scroller)
    const pixels = (name: string): number => Number.parseFloat(style.getPropertyValue(name))
    const [rowHeight, titleHeight, height] = [pixels('--row-height'), pixels('--title-height'), scroller.clientHeight]
    setView((view) => ({ ...view, rowHeight, titleHeight, height }))
    scrolled()
  }
  const sizes = new ResizeObserver(resized)
  sizes.observe(scroller)
  scroller.addEventListener('scroll', scrolled, { passive: true })
  resized()
  return () => {
    sizes.disconnect()
    scroller.removeEventListener('scroll', scrolled)
  }
}

/** Scrolls as little as is needed. */
function showRow(scroller: HTMLDivElement | null, index: number, { rowHeight, titleHeight }: View): void {
  if (scroller === null) return
  const top = index * rowHeight
  const bottom = top + rowHeight + titleHeight
  if (scroller.scrollTop > top) scroller.scrollTop = top
  else if (scroller.scrollTop + scroller.clientHeight < bottom) scroller.scrollTop = bottom - scroller.clientHeight
}

const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, Home: -Infinity, End: Infinity }

function takeKey(event: KeyboardEvent, actions: Actions, view: View): void {
  if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return
  const pageRows = Math.max(1, Math.floor(view.height / view.rowHeight) - 2)
  if (event.key === 'Enter' || event.key === ' ') actions.openCursor()
  else if (event.key === 'PageDown') actions.moveCursor(pageRows)
  else if (event.key === 'PageUp') actions.moveCursor(-pageRows)
  else if (Object.hasOwn(STEPS, event.key)) actions.moveCursor(STEPS[event.key] ?? 0)
  else return
  event.preventDefault()
}
