/** The three graphs of a container. */

import type { VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Chart } from './chart.ts'
import { html } from './html.ts'
import type { Row } from './model.ts'
import type { Actions, PageState } from './page-state.ts'
import { chartData, extent } from './past.ts'
import { byteText, countText, percentText } from './quantities.ts'

const DECIMAL_STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 1_000_000]
const BINARY_STEPS = Array.from({ length: 50 }, (_, power) => 2 ** power)

const MINUTE_MS = 60_000
const SHORT_SPAN_MS = 2 * MINUTE_MS

interface GraphsProps {
  readonly row: Row
  readonly state: PageState
  readonly actions: Actions
}

/** See the head of this file. */
export function Graphs({ row: { reading }, state, actions }: GraphsProps): VNode {
  const { model, spanMs } = state
  const [, cpu, memory, limit, pids] = reading
  const scheme = useScheme()
  const spans = [...new Set([Math.min(SHORT_SPAN_MS, model.historyMs), model.historyMs])]
  const graph = { state, scheme }
  return html`<section class="graphs" aria-label="Usage">
    <div class="spans" role="group" aria-label="How far back">
      ${spans.map(
        (one) => html`<button key=${one} type="button" aria-pressed=${one === spanMs} onClick=${() => actions.set({ spanMs: one })}>
          ${Math.round(one / MINUTE_MS)} min
        </button>`,
      )}
    </div>
    <${Graph} ...${graph} kind="cpu" title="CPU" now=${percentText(cpu)} least=${2} steps=${DECIMAL_STEPS} format=${percentText} />
    <${Graph} ...${graph} kind="memory" title="Memory" now=${byteText(memory)} more=${limit === null ? '' : `of ${byteText(limit)}`}
      least=${2 ** 20} steps=${BINARY_STEPS} format=${byteText} />
    <${Graph} ...${graph} kind="pids" title="PIDs" now=${countText(pids)} least=${4} steps=${DECIMAL_STEPS} format=${countText} />
  </section>`
}

interface GraphProps {
  readonly state: PageState
  readonly scheme: string
  readonly kind: 'cpu' | 'memory' | 'pids'
  readonly title: string
  readonly now: string
  readonly more?: string
  readonly least: number
  readonly steps: number[]
  readonly format: (value: number) => string
}

function Graph({ state: { model, past, spanMs }, scheme, kind, title, now, more = '', least, steps, format }: GraphProps): VNode {
  const to = model.now / 1_000
  const from = (model.now - spanMs) / 1_000
  const at = past?.samples.at ?? []
  const values = past?.samples[kind] ?? []
  // The sample before the first one in sight is where the line comes from.
  const first = Math.max(0, at.findIndex((time) => time >= model.now - spanMs) - 1)
  const data = chartData(at.slice(first), values.slice(first), model.intervalMs * 3.5)
  const range = extent(data[1])
  const minutes = Math.round(spanMs / MINUTE_MS)
  const summary = `${title} now ${now}${range === undefined ? '' : `, from ${format(range.least)} to ${format(range.most)} in the last ${minutes} minutes`}`
  return html`<figure class="graph">
    <figcaption>
      <span class=${`graph-title k-${kind}`}>${title}</span>
      <span class="at-cursor" aria-hidden="true"></span>
      <span class="graph-now">${now}${more !== '' && html` <span class="more">${more}</span>`}</span>
    </figcaption>
    <${Chart} ...${{ kind, summary, data, from, to, least, steps, format, scheme }} />
  </figure>`
}

/** Changes when the page changes from light to dark. */
function useScheme(): string {
  const [query] = useState(() => matchMedia('(prefers-color-scheme: dark)'))
  const [isDark, setDark] = useState(query.matches)
  useEffect(() => {
    const change = (): void => setDark(query.matches)
    query.addEventListener('change', change)
    return () => query.removeEventListener('change', change)
  }, [])
  return isDark ? 'dark' : 'light'
}
