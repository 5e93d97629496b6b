/** The columns of the table. */

import type { VNode } from 'preact'
import { html } from './html.ts'
import { SortIcon, StateIcon } from './icons.ts'
import { legible, shownName } from './legible.ts'
import type { Model, Row } from './model.ts'
import { addressText, ageText, byteText, countText, engineName, percentText } from './quantities.ts'
import { type Column, type Sort, sortedBy } from './selection.ts'

interface ColumnLook {
  readonly column: Column
  readonly title: string
  /** Undefined for text. */
  readonly isNumber?: boolean
}

/** In their order from left to right. */
const COLUMNS: readonly ColumnLook[] = [
  { column: 'name', title: 'Name' },
  { column: 'project', title: 'Project' },
  { column: 'engine', title: 'Engine' },
  { column: 'state', title: 'State' },
  { column: 'age', title: 'Age', isNumber: true },
  { column: 'cpu', title: 'CPU', isNumber: true },
  { column: 'memory', title: 'Memory', isNumber: true },
  { column: 'pids', title: 'PIDs', isNumber: true },
]

/** Tells the order and changes it, where the titles of some columns are not there to do it. */
export function Order({ sort, setSort }: { readonly sort: Sort; readonly setSort: (sort: Sort) => void }): VNode {
  const { column: sorted, isDescending } = sort
  const turned = isDescending ? 'ascending' : 'descending'
  return html`<p class=${`order by-${sorted}`}>
    <label>Sorted by
      <select onChange=${(event: Event) => setSort(sortedBy((event.currentTarget as HTMLSelectElement).value as Column, sort))}>
        ${COLUMNS.map(({ column, title }) => html`<option key=${column} value=${column} selected=${column === sorted}>${title}</option>`)}
      </select>
    </label>
    <button type="button" aria-label=${`Sort ${turned}`} title=${`Sort ${turned}`} onClick=${() => setSort({ column: sorted, isDescending: !isDescending })}>
      <${SortIcon} isDescending=${isDescending} />
    </button>
  </p>`
}

/** The row of the titles. */
export function Titles({ sort, setSort }: { readonly sort: Sort; readonly setSort: (sort: Sort) => void }): VNode {
  return html`<tr aria-rowindex="1">
    ${COLUMNS.map(({ column, title, isNumber }) => {
      const isSorted = sort.column === column
      const direction = isSorted ? (sort.isDescending ? 'descending' : 'ascending') : 'none'
      return html`<th key=${column} scope="col" class=${`c-${column}${isNumber === true ? ' number' : ''}`} aria-sort=${direction}>
        <button type="button" onClick=${() => setSort(sortedBy(column, sort))}>
          ${title}${isSorted && html`<${SortIcon} isDescending=${sort.isDescending} />`}
        </button>
      </th>`
    })}
  </tr>`
}

/** The cells of one container. */
export function Cells({ row, model }: { readonly row: Row; readonly model: Model }): VNode[] {
  const { container, reading } = row
  const [, cpu, memory, limit, pids] = reading
  const engine = model.engines.find(({ api }) => api === container.engine)
  const engineText = legible(engine === undefined ? '' : engineName(engine.type))
  const state = model.stateOf(row)
  const name = shownName(container)
  const project = legible(container.project)
  const age = ageText(container.startedAt === null || model.now === 0 ? null : model.now - container.startedAt)
  return [
    html`<th scope="row" class="c-name" title=${name}>
      <${StateIcon} state=${state} /><span class="name"><bdi>${name}</bdi></span>${state !== 'running' && html`<span class="visually-hidden">, ${state}</span>`}
      <span class="under"><bdi>${project === '' ? engineText : project}</bdi> · ${age}</span>
    </th>`,
    html`<td class="c-project" title=${project}><bdi>${project}</bdi></td>`,
    html`<td class="c-engine" title=${legible(addressText(container.engine))}>${engineText}</td>`,
    html`<td class=${`c-state is-${state}`}>${state}</td>`,
    html`<td class="c-age number">${age}</td>`,
    html`<td class="c-cpu number"><div class="meter"><${Bar} share=${cpu === null ? 0 : cpu / 100} />${percentText(cpu)}</div></td>`,
    html`<td class="c-memory number"><div class="meter"><${Bar} share=${memory === null || limit === null ? 0 : memory / limit} />${byteText(memory)}</div></td>`,
    html`<td class="c-pids number">${countText(pids)}</td>`,
  ]
}

/** How much of what there is, for the eye. Styles are set by script, which the page's policy allows, and not by an attribute. */
function Bar({ share }: { readonly share: number }): VNode {
  const level = share > 0.9 ? ' is-high' : ''
  return html`<span class=${`bar${level}`} aria-hidden="true"><span style=${{ transform: `scaleX(${Math.min(1, share).toFixed(3)})` }}></span></span>`
}
